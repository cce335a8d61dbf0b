import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Calendars, countsFromEnd, nextOccurrence } from '../recurrence/next.ts'
import { refOf } from '../row/key.ts'
import { type Open, occurrenceTaskId, type SeriesRow, type Skipped, type SkipReason, type Waiting } from './row.ts'

/**
 * Decides everything of a series that is due at `at`, in order, and sets the next wake-up. Each rule changes one thing and
 * answers the changed row, the time of its next change, or undefined when only the end of a task can change something. The rules
 * are repeated until none changes the row; after `LIMITS.seriesStepCount` changes the series goes on at its next wake-up, at once.
 */
export const settle = (row: SeriesRow, at: Instant, calendars?: Calendars): SeriesRow => {
  let now = row
  for (let count = 0; count < LIMITS.seriesStepCount; count++) {
    const times: Instant[] = []
    let changed: SeriesRow | undefined
    for (const rule of RULES) {
      const answer = rule(now, at, calendars)
      if (typeof answer === 'number') times.push(answer)
      if (typeof answer !== 'object') continue
      changed = answer
      break
    }
    if (!changed) return wokenAt(now, times)
    now = changed
  }
  return wokenAt(now, [at])
}

/** What a rule answers: the changed row, the time when it changes the row, or undefined. */
type Answer = SeriesRow | Instant | undefined
type Rule = (row: SeriesRow, at: Instant, calendars?: Calendars) => Answer

const wokenAt = ({ dueAt: _, ...row }: SeriesRow, times: readonly Instant[]): SeriesRow =>
  times.length === 0 ? row : { ...row, dueAt: Math.min(...times) }

/** The first waiting occurrence starts when no task is open. A pause holds scheduled occurrences. */
const startWaiting = (row: SeriesRow): Answer => {
  const [first, ...rest] = row.buffer ?? []
  if (!first || row.open.length > 0 || (row.state !== 'active' && first.run === undefined)) return undefined
  return start(withBuffer(row, rest), first)
}

/** Decides the next scheduled occurrence when it is due. */
const decideNext = (row: SeriesRow, at: Instant, calendars?: Calendars): Answer => {
  if (row.state === 'completed' || row.state === 'deleted') return undefined
  const { next } = row
  // A paused series knows its next occurrence too: an edit must not lose the occurrences of the pause.
  if (!next) return plan(row, at, calendars)
  if (row.state !== 'active') return undefined
  const coolUntil = row.coolUntil ?? 0
  const decidedAt = next.at < coolUntil ? coolUntil : next.at
  if (decidedAt > at) return decidedAt
  // What follows is a part of the decision, so the series is woken with its calendars first.
  if (lacksCalendars(scheduleNow(row), calendars)) return at
  const following = advance(row, at)
  const skipped = (reason: SkipReason) => skip(following, next.nominalAt, reason)
  if (isCoolingDown(row)) return skipped('coolDown')
  if (isMissed(row, at)) {
    const late = isPaused(row, next.nominalAt) ? 'paused' : 'missed'
    const { policy, windowMs = LIMITS.seriesCatchUpMs } = row.catchUp
    if (policy === 'none') return skipped(late)
    if (policy === 'last' && isFollowedByDue(following, at, calendars)) return skipped(late)
    if (policy === 'all') {
      if (at - next.nominalAt > windowMs) return skipped(late)
      const paced = pace(row, at, row.overlap === 'allow')
      return paced.mayStart ? { ...start(following, next), paceUntil: at + LIMITS.seriesPaceMs } : paced.at
    }
  }
  return admit(following, row.overlap, { nominalAt: next.nominalAt }) ?? skipped(refusalOf(row))
}

/** Is a later occurrence due as well? */
const isFollowedByDue = (following: SeriesRow, at: Instant, calendars?: Calendars): boolean => {
  const planned = plan(following, at, calendars)
  return typeof planned === 'object' && planned.next !== undefined && planned.next.at <= at
}

const isMissed = ({ next, catchUp: { graceMs = LIMITS.seriesGraceMs } }: SeriesRow, at: Instant): boolean =>
  next !== undefined && at - next.at > graceMs

const isPaused = ({ lastPause }: SeriesRow, nominalAt: Instant): boolean =>
  lastPause !== undefined && nominalAt >= lastPause.from && nominalAt < lastPause.until

/** After the cool-down one occurrence is the probe. Until it has ended, the others are skipped. */
const isCoolingDown = ({ coolDown, coolUntil, failuresInRow = 0, next, open }: SeriesRow): boolean =>
  (coolUntil !== undefined && next !== undefined && next.at < coolUntil) ||
  (coolDown !== undefined && failuresInRow >= coolDown.failures && open.length > 0)

/** Late occurrences and backfills start one after another, or with overlap `allow` at a pace. */
const pace = (row: SeriesRow, at: Instant, allow: boolean): { readonly mayStart: boolean; readonly at?: Instant } => {
  if (!allow) return { mayStart: row.open.length === 0 && !row.buffer }
  if (row.open.length >= LIMITS.seriesOpenCount) return { mayStart: false }
  const { paceUntil = at } = row
  return paceUntil > at ? { mayStart: false, at: paceUntil } : { mayStart: true }
}

/** Starts an occurrence, or puts it into the buffer, as the policy says; undefined when the policy skips it. */
export const admit = (row: SeriesRow, overlap: SeriesRow['overlap'], waiting: Waiting): SeriesRow | undefined => {
  const buffer = row.buffer ?? []
  if (overlap === 'allow') return row.open.length < LIMITS.seriesOpenCount ? start(row, waiting) : undefined
  if (row.open.length === 0 && buffer.length === 0) return start(row, waiting)
  switch (overlap) {
    case 'skip':
      return undefined
    case 'bufferOne':
      return buffer.length === 0 ? withBuffer(row, [waiting]) : undefined
    case 'bufferAll':
      return buffer.length < LIMITS.seriesBufferCount ? withBuffer(row, [...buffer, waiting]) : undefined
    case 'cancelOther': {
      // A trigger is the wish of a caller; a scheduled occurrence does not replace it.
      const triggers = buffer.filter(({ run }) => run !== undefined)
      if (triggers.length >= LIMITS.seriesBufferCount) return undefined
      const cancelled = { ...row, open: row.open.map((open): Open => ({ ...open, cancelled: true })) }
      const scheduled = buffer.filter(({ run }) => run === undefined)
      const replaced = scheduled.reduce<SeriesRow>((now, { nominalAt }) => skip(now, nominalAt, 'replaced'), cancelled)
      return withBuffer(replaced, [...triggers, waiting])
    }
  }
}

/** Why `admit` did not take an occurrence. */
const refusalOf = ({ overlap }: SeriesRow): SkipReason =>
  overlap === 'allow' ? 'tooManyOpen' : overlap === 'bufferAll' ? 'bufferFull' : 'overlap'

/** Starts the next occurrence of the backfill. */
const continueBackfill = (row: SeriesRow, at: Instant, calendars?: Calendars): Answer => {
  const { backfill } = row
  if (!backfill || row.state === 'deleted') return undefined
  const paced = pace(row, at, backfill.overlap === 'allow')
  if (!paced.mayStart) return paced.at
  if (lacksCalendars(row.schedule, calendars)) return at
  const { occurrence, more } = nextOccurrence(row.schedule, backfill.cursor, around(row, calendars))
  const reached = occurrence?.nominalAt ?? more
  if (reached === undefined || reached > backfill.to) return without(row, 'backfill')
  const moved = { ...row, backfill: { ...backfill, cursor: { after: reached } } }
  if (!occurrence) return moved
  return { ...start(moved, { nominalAt: occurrence.nominalAt, run: backfill.run }), paceUntil: at + LIMITS.seriesPaceMs }
}

/** The schedule of the next occurrence: one from before an edit, while it has occurrences to make. */
const scheduleNow = ({ earlier, schedule }: SeriesRow): SeriesRow['schedule'] => earlier?.[0]?.schedule ?? schedule

/** Finds the next occurrence; undefined while it follows from the end of an open task. */
const plan = (row: SeriesRow, at: Instant, calendars?: Calendars): Answer => {
  const { cursor, earlier: [earlier, ...later] = [] } = row
  if (cursor === undefined) return undefined
  const schedule = scheduleNow(row)
  if (lacksCalendars(schedule, calendars)) return at
  const found = nextOccurrence(schedule, cursor, around(row, calendars))
  const reached = found.occurrence?.nominalAt ?? found.more
  if (earlier && (reached === undefined || reached > earlier.until)) {
    const left = found.skipped.filter(({ nominalAt }) => nominalAt <= earlier.until)
    return { ...withEarlier(leaveOut(row, left), later), cursor: { after: earlier.until } }
  }
  const left = leaveOut(row, found.skipped)
  if (found.occurrence) {
    const { nominalAt, at } = found.occurrence
    return { ...left, next: { nominalAt, at } }
  }
  if (found.more === undefined) return row.state === 'active' ? complete(left) : undefined
  return { ...left, cursor: { after: found.more } }
}

const around = (row: SeriesRow, calendars: Calendars = {}) => ({ seed: refOf(row), calendars })

/** Does the schedule name a calendar that the engine has not read? */
const lacksCalendars = ({ exclude }: SeriesRow['schedule'], calendars: Calendars = {}): boolean =>
  (exclude?.calendars ?? []).some((name) => !Object.hasOwn(calendars, name))

/** The occurrences that the schedule itself leaves out are counted when the occurrence after them is decided. */
const leaveOut = (row: SeriesRow, left: readonly { readonly nominalAt: Instant; readonly code: SkipReason }[]): SeriesRow =>
  left.length === 0
    ? row
    : { ...row, leftOut: left.reduce((all, { nominalAt, code }) => merge(all, range(nominalAt, code)), row.leftOut ?? []) }

/** Moves the cursor past the next occurrence. */
const advance = (row: SeriesRow, at: Instant): SeriesRow => {
  const { next, leftOut = [], ...rest } = row
  const counted = leftOut.reduce<SeriesRow>(countSkipped, rest)
  const nominalAt = next?.nominalAt ?? at
  return { ...counted, cursor: countsFromEnd(scheduleNow(row)) ? { endedAt: at, dueAt: nominalAt } : { after: nominalAt } }
}

/** Waiting occurrences come first, because they were due first. */
const RULES: readonly Rule[] = [startWaiting, decideNext, continueBackfill]

const range = (nominalAt: Instant, reason: SkipReason): Skipped => ({ reason, from: nominalAt, to: nominalAt, count: 1 })

/** One range for each reason: the list stays short. */
const merge = (all: readonly Skipped[], next: Skipped): readonly Skipped[] => {
  const same = all.find(({ reason }) => reason === next.reason)
  if (!same) return [...all, next]
  const joined = {
    reason: same.reason,
    from: Math.min(same.from, next.from),
    to: Math.max(same.to, next.to),
    count: same.count + next.count,
  }
  return all.map((it) => (it === same ? joined : it))
}

const countSkipped = (row: SeriesRow, skipped: Skipped): SeriesRow => ({
  ...row,
  skipped: merge(row.skipped ?? [], skipped),
  skippedCounts: {
    ...row.skippedCounts,
    [skipped.reason]: (row.skippedCounts?.[skipped.reason] ?? 0) + skipped.count,
  },
})

const skip = (row: SeriesRow, nominalAt: Instant, reason: SkipReason): SeriesRow => countSkipped(row, range(nominalAt, reason))

/** Starts the task of an occurrence. A scheduled one counts for `maxOccurrences`, and its end can set the next time. */
const start = (row: SeriesRow, waiting: Waiting): SeriesRow => {
  const { nominalAt, run } = waiting
  const open: Open = { nominalAt, ...defined({ run }), task: occurrenceTaskId(row, waiting) }
  const started = { ...row, open: [...row.open, open] }
  if (run !== undefined) return started
  const startedCount = row.startedCount + 1
  const counted = { ...started, startedCount }
  if (row.maxOccurrences !== undefined && startedCount >= row.maxOccurrences) return complete(counted)
  return countsFromEnd(scheduleNow(row)) ? without(counted, 'cursor') : counted
}

const complete = (row: SeriesRow): SeriesRow => ({ ...without(row, 'next'), state: 'completed' })

const withBuffer = (row: SeriesRow, buffer: readonly Waiting[]): SeriesRow =>
  buffer.length === 0 ? without(row, 'buffer') : { ...row, buffer }

const withEarlier = (row: SeriesRow, earlier: SeriesRow['earlier'] & object): SeriesRow =>
  earlier.length === 0 ? without(row, 'earlier') : { ...row, earlier }

/** The row without a field. */
export const without = <Name extends keyof SeriesRow>(row: SeriesRow, name: Name): SeriesRow => {
  const { [name]: _, ...rest } = row
  return rest as unknown as SeriesRow
}
