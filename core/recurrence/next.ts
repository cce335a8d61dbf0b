import { formatDuration } from '../duration.ts'
import { fraction } from '../hash.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { searchChained } from './chained.ts'
import { type Calendars, excludedAt, nextAllowed } from './exclusion.ts'
import type { Recurring } from './form.ts'
import { showLocal } from './local.ts'
import { formOf, recurringOf } from './recurrence.ts'
import type { Schedule } from './schedule.ts'
import { type Found, type Reason, type Skipped, searchWallClock } from './wall-clock.ts'
import { type Instants, toInstants, toLocal } from './zone.ts'

/** Where the search for the next occurrence begins. */
export type Cursor =
  /** The first occurrence at or after this time: the initial run of a series. */
  | { readonly from: Instant }
  /** The first occurrence whose nominal time is later. A chained recurrence takes it as the end of the run. */
  | { readonly after: Instant }
  /** The occurrence that follows a run which ended then. `dueAt` is the nominal time of that run, if it is known. */
  | { readonly endedAt: Instant; readonly dueAt?: Instant }

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

export type { Calendars, Reason, Skipped }

/** What the next occurrence depends on beside the schedule. */
export type Around = {
  /** What jitter and spread depend on: the identity of the series. */
  readonly seed: string
  /** The holiday lists that the schedule names. A missing one has no dates. */
  readonly calendars?: Calendars
}

/**
 * The next occurrence of a schedule: a pure function of schedule and cursor, never of the clock.
 *
 * @example
 * const schedule = { recurrence: { cron: '0 9 * * *' }, timeZone: 'Europe/Berlin', anchor: 0 }
 * nextOccurrence(schedule, { from: Date.UTC(2026, 2, 29) }, { seed: 'acme/reports' }).occurrence?.nominalAt // 2026-03-29T07:00:00Z
 */
export const nextOccurrence = (schedule: Schedule, cursor: Cursor, { seed, calendars = {} }: Around): Next => {
  const { timeZone, anchor, startAt = Number.NEGATIVE_INFINITY, endAt = Number.POSITIVE_INFINITY } = schedule
  const recurring = recurringOf(schedule.recurrence, { timeZone, anchor })
  const skipped: Skipped[] = []
  let from = notBefore(cursor, startAt)
  for (let steps = 0; ; steps++) {
    const { nominalAt, reasons, ...rest } = search(schedule, recurring, from)
    skipped.push(...rest.skipped.filter((it) => it.nominalAt <= endAt))
    if (nominalAt === undefined) return rest.more === undefined || rest.more >= endAt ? { skipped } : { skipped, more: rest.more }
    if (nominalAt > endAt) return { skipped }
    if (steps >= LIMITS.recurrenceStepsCount) return { skipped, more: nominalAt - 1 }
    const allowed = allow(schedule, recurring, calendars, nominalAt)
    if (!('code' in allowed)) return { occurrence: occurrenceOf(schedule, nominalAt, allowed, reasons, seed), skipped }
    skipped.push(allowed)
    from = { after: nominalAt }
  }
}

/** Does the next time follow from the end of the run before, so that it is unknown until then? */
export const countsFromEnd = ({ recurrence, mode }: Schedule): boolean => {
  const form = formOf(recurrence)
  return form === 'jobQueue' || form === 'dateFormula' || (form === 'rate' && mode === 'fixedDelay')
}

/** The cursor of a search that begins at `startAt` at the earliest. */
const notBefore = (cursor: Cursor, startAt: Instant): Cursor => {
  if ('from' in cursor) return { from: Math.max(cursor.from, startAt) }
  const given = 'after' in cursor ? cursor.after : cursor.endedAt
  return given < startAt ? { from: startAt } : cursor
}

const search = (schedule: Schedule, recurring: Recurring, cursor: Cursor): Found => {
  const after = 'from' in cursor ? cursor.from - 1 : 'after' in cursor ? cursor.after : cursor.endedAt
  const { gap = 'skip', overlap = 'everyPass' in recurring && recurring.everyPass ? 'both' : 'first' } =
    schedule.daylightSaving ?? {}
  if (recurring.sort === 'wallClock') return searchWallClock(recurring.nextLocal, schedule.timeZone, { gap, overlap }, after)
  if (recurring.sort === 'chained') {
    const chain = 'after' in cursor ? { endedAt: after, dueAt: after } : cursor
    return searchChained(recurring, schedule.timeZone, { gap, overlap }, chain)
  }
  const { period } = recurring
  if (schedule.mode !== 'fixedDelay' || period === undefined) return foundAt(recurring.nextInstant(after))
  return foundAt('from' in cursor ? Math.max(cursor.from, schedule.anchor) : after + period)
}

const foundAt = (nominalAt: Instant | undefined): Found => ({
  ...(nominalAt === undefined ? {} : { nominalAt }),
  reasons: [],
  skipped: [],
})

const occurrenceOf = (
  { jitter, spread }: Schedule,
  nominalAt: Instant,
  { at, reasons }: Allowed,
  odd: readonly Reason[],
  seed: string,
): Occurrence => {
  const jitterMs = jitter === undefined ? 0 : Math.floor(fraction(`${seed}:${nominalAt}:jitter`) * jitter)
  const spreadMs = spread === undefined ? 0 : Math.floor(fraction(`${seed}:spread`) * spread)
  const delayed = (code: 'jitter' | 'spread', ms: number, most = 0): readonly Reason[] =>
    ms === 0 ? [] : [{ code, message: `later by ${formatDuration(ms)}, of less than ${formatDuration(most)}` }]
  return {
    nominalAt,
    at: at + jitterMs + spreadMs,
    reasons: [...odd, ...reasons, ...delayed('jitter', jitterMs, jitter), ...delayed('spread', spreadMs, spread)],
  }
}

/** When an occurrence may start: its nominal time, or a later one with the reason. */
type Allowed = { readonly at: Instant; readonly reasons: readonly Reason[] }

/** Applies the exclusion of a schedule to a nominal time: when the occurrence may start, or why there is none. */
const allow = (schedule: Schedule, recurring: Recurring, calendars: Calendars, nominalAt: Instant): Allowed | Skipped => {
  const { exclude, timeZone } = schedule
  const local = toLocal(timeZone, nominalAt)
  const excluded = exclude && excludedAt(exclude, calendars, local)
  if (!excluded) return { at: nominalAt, reasons: [] }
  const { message } = excluded
  const skipped = (why = '') => ({ nominalAt, code: 'holiday', message: `${message}${why}` }) as const
  if (exclude.then !== 'next') return skipped()
  const next = nextAllowed(exclude, calendars, local)
  if (next === undefined) return skipped(', and no later time is allowed')
  const at = laterOf(toInstants(timeZone, next), nominalAt)
  // The next time of a chained recurrence follows from the end of this run; there is none that it could meet.
  const following = countsFromEnd(schedule) ? undefined : followingOf(search(schedule, recurring, { after: nominalAt }))
  if (following !== undefined && at >= following) return skipped(`, and the next occurrence is not later than ${showLocal(next)}`)
  return { at, reasons: [{ code: 'holiday', message: `${message}; moved from ${showLocal(local)} to ${showLocal(next)}` }] }
}

const followingOf = ({ nominalAt, more }: Found): Instant | undefined => nominalAt ?? more

/** The instant of a time that must be later than another one. In a gap it is later by the length of the gap. */
const laterOf = (instants: Instants, than: Instant): Instant => {
  if (instants.is === 'once') return instants.at
  if (instants.is === 'gap') return instants.shifted
  return instants.first > than ? instants.first : instants.second
}
