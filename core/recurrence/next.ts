import { formatDuration } from '../duration.ts'
import { fraction } from '../hash.ts'
import type { Instant } from '../instant.ts'
import type { Recurring } from './form.ts'
import { recurringOf } from './recurrence.ts'
import type { Schedule } from './schedule.ts'
import { type Found, type Reason, type Skipped, searchWallClock } from './wall-clock.ts'

/** Where the search for the next occurrence begins. */
export type Cursor =
  /** The first occurrence at or after this time: the initial run of a series. */
  | { readonly from: Instant }
  /** The first occurrence whose nominal time is later. A chained recurrence takes it as the end of the run. */
  | { readonly after: Instant }
  /** The occurrence that follows a run which ended then. */
  | { readonly endedAt: Instant }

/** One occurrence of a series. */
export type Occurrence = {
  /** The time that the recurrence names. With the id of the series it is the identity of the occurrence. */
  readonly nominalAt: Instant
  /** When it starts: the nominal time, later by jitter and spread. */
  readonly at: Instant
  /** What is odd about it; empty for most. */
  readonly reasons: readonly Reason[]
}

/** The next occurrence, and what was left out before it. */
export type Next = {
  /** Absent: there is none any more, or `more` is present. */
  readonly occurrence?: Occurrence
  /** Times after the cursor, up to the occurrence, that the recurrence names and that have none. */
  readonly skipped: readonly Skipped[]
  /** The search has ended here, because it is bounded; `{ after: more }` continues it. */
  readonly more?: Instant
}

/**
 * The next occurrence of a schedule: a pure function of schedule and cursor, never of the clock.
 *
 * @param seed what jitter and spread depend on: the identity of the series
 * @example
 * const schedule = { recurrence: { cron: '0 9 * * *' }, timeZone: 'Europe/Berlin', anchor: 0 }
 * nextOccurrence(schedule, { from: Date.UTC(2026, 2, 29) }, { seed: 'acme/reports' }).occurrence?.nominalAt // 2026-03-29T07:00:00Z
 */
export const nextOccurrence = (schedule: Schedule, cursor: Cursor, { seed }: { readonly seed: string }): Next => {
  const { timeZone, anchor, startAt = Number.NEGATIVE_INFINITY, endAt = Number.POSITIVE_INFINITY } = schedule
  const recurring = recurringOf(schedule.recurrence, { timeZone, anchor })
  const { nominalAt, reasons, ...rest } = search(schedule, recurring, notBefore(cursor, startAt))
  const skipped = rest.skipped.filter((it) => it.nominalAt <= endAt)
  if (nominalAt !== undefined)
    return nominalAt > endAt ? { skipped } : { occurrence: occurrenceOf(schedule, nominalAt, reasons, seed), skipped }
  return rest.more === undefined || rest.more >= endAt ? { skipped } : { skipped, more: rest.more }
}

/** The cursor of a search that begins at `startAt` at the earliest. */
const notBefore = (cursor: Cursor, startAt: Instant): Cursor => {
  if ('from' in cursor) return { from: Math.max(cursor.from, startAt) }
  const given = 'after' in cursor ? cursor.after : cursor.endedAt
  return given < startAt ? { from: startAt } : cursor
}

const search = (schedule: Schedule, recurring: Recurring, cursor: Cursor): Found => {
  const after = 'from' in cursor ? cursor.from - 1 : 'after' in cursor ? cursor.after : cursor.endedAt
  if (recurring.sort === 'wallClock') {
    const { gap = 'skip', overlap = recurring.everyPass ? 'both' : 'first' } = schedule.daylightSaving ?? {}
    return searchWallClock(recurring.nextLocal, schedule.timeZone, { gap, overlap }, after)
  }
  if (recurring.sort === 'chained') return foundAt('from' in cursor ? recurring.initial(cursor.from) : recurring.afterEnd(after))
  const { period } = recurring
  if (schedule.mode !== 'fixedDelay' || period === undefined) return foundAt(recurring.nextInstant(after))
  return foundAt('from' in cursor ? Math.max(cursor.from, schedule.anchor) : after + period)
}

const foundAt = (nominalAt: Instant | undefined): Found => ({
  ...(nominalAt === undefined ? {} : { nominalAt }),
  reasons: [],
  skipped: [],
})

const occurrenceOf = ({ jitter, spread }: Schedule, nominalAt: Instant, reasons: readonly Reason[], seed: string): Occurrence => {
  const jitterMs = jitter === undefined ? 0 : Math.floor(fraction(`${seed}:${nominalAt}:jitter`) * jitter)
  const spreadMs = spread === undefined ? 0 : Math.floor(fraction(`${seed}:spread`) * spread)
  const delayed = (code: 'jitter' | 'spread', ms: number, most = 0): readonly Reason[] =>
    ms === 0 ? [] : [{ code, message: `later by ${formatDuration(ms)}, of less than ${formatDuration(most)}` }]
  return {
    nominalAt,
    at: nominalAt + jitterMs + spreadMs,
    reasons: [...reasons, ...delayed('jitter', jitterMs, jitter), ...delayed('spread', spreadMs, spread)],
  }
}
