import { isPerson } from '../audit.ts'
import { defined } from '../defined.ts'
import { iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { countsFromEnd } from '../recurrence/next.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import type { SeriesCommand } from './command.ts'
import type { Open, SeriesDefinition, SeriesRow } from './row.ts'
import { admit, settle, without } from './settle.ts'

type Of<Name extends SeriesCommand['name']> = Extract<SeriesCommand, { name: Name }>

/** Decides a command of a series. Pure; the time is in the command. Each command that can change `next` settles the series. */
export const decideSeries = (key: Key, row: SeriesRow | undefined, command: SeriesCommand): SeriesRow | Refusal => {
  // The relay has handled these from the change that wrote them.
  return decide(key, row && without(without(row, 'skipped'), 'audited'), command)
}

const decide = (key: Key, row: SeriesRow | undefined, command: SeriesCommand): SeriesRow | Refusal => {
  if (command.name === 'define') return row && row.state !== 'deleted' ? redefine(row, command) : create(key, row, command)
  if (!row) return refuse('unknown', `series ${key.id} does not exist`)
  if (command.name === 'end') return endRun(row, command)
  if (row.state === 'deleted') return refuse('unknown', `series ${key.id} is deleted`)
  switch (command.name) {
    case 'occur':
      return occur(row, command)
    case 'pause':
      return pause(row, command)
    case 'resume':
      return resume(row, command)
    case 'trigger':
      return trigger(row, command)
    case 'backfill':
      return backfill(row, command)
    case 'delete':
      return remove(row, command)
  }
}

/** The next row. A wake-up that has changed has a new epoch; the one that has just been used always has. */
const commit = (before: SeriesRow, after: SeriesRow, command: SeriesCommand): SeriesRow => {
  const version = before.version + 1
  const keepsWakeup = command.name !== 'occur' && before.dueAt === after.dueAt
  return { ...after, version, epoch: keepsWakeup ? before.epoch : version, updatedAt: command.at, ...audit(command) }
}

const audit = ({ name: command, by, reason }: SeriesCommand): Pick<SeriesRow, 'audited'> =>
  isPerson(by) ? { audited: { command, by, ...defined({ reason }) } } : {}

/** A series that is defined again after it was deleted is a new one: its tasks have other ids. */
const create = (key: Key, deleted: SeriesRow | undefined, command: Of<'define'>): SeriesRow => {
  const { at, by, definition, calendars, requestDigest } = command
  const version = (deleted?.version ?? 0) + 1
  const first: SeriesRow = {
    kind: 'series',
    tenant: key.tenant,
    id: key.id,
    ...anchored(definition, at),
    state: 'active',
    version,
    epoch: version,
    // Two series with one id must not have the same creation time: the ids of their tasks would be equal.
    createdAt: Math.max(at, (deleted?.createdAt ?? 0) + 1),
    createdBy: by,
    updatedAt: at,
    revision: 1,
    cursor: { from: at },
    open: [],
    startedCount: 0,
    succeededCount: 0,
    failedCount: 0,
    ...defined({ requestDigest }),
    ...audit(command),
  }
  return settle(first, at, calendars)
}

const anchored = (definition: SeriesDefinition, createdAt: number): SeriesDefinition => {
  const { schedule } = definition
  return { ...definition, schedule: { ...schedule, anchor: schedule.startAt ?? createdAt } }
}

/** What was due before the edit is decided first, with the new task and policies. The new schedule counts from the edit. */
const redefine = (row: SeriesRow, command: Of<'define'>): SeriesRow | Refusal => {
  const { at, definition, calendars } = command
  const next = anchored(definition, row.createdAt)
  if (isSame(definitionOf(row), next))
    return refuse('unchanged', `series ${row.id} has this definition already`, { state: row.state })
  const isRescheduled = !isSame(row.schedule, next.schedule)
  const settled = isRescheduled ? settle({ ...withDefinition(row, next), schedule: row.schedule }, at, calendars) : row
  const edited = { ...withDefinition(settled, next), revision: row.revision + 1 }
  if (!isRescheduled) return commit(row, settle(reopened(row, edited, at), at, calendars), command)
  const rescheduled = withNewSchedule(row.schedule, edited, at)
  return 'refused' in rescheduled ? rescheduled : commit(row, settle(rescheduled, at, calendars), command)
}

/** The fields of the definition. An absent field of the new definition removes the old one. */
const withDefinition = (row: SeriesRow, definition: SeriesDefinition): SeriesRow => {
  const { maxOccurrences: _, stopOnError: __, coolDown: ___, description: ____, ...rest } = row
  return { ...rest, ...definition }
}

/** The definition of a series. */
export const definitionOf = (row: SeriesRow): SeriesDefinition => {
  const { task, schedule, overlap, catchUp, maxOccurrences, stopOnError, coolDown, description } = row
  return { task, schedule, overlap, catchUp, ...defined({ maxOccurrences, stopOnError, coolDown, description }) }
}

/** A completed series goes on when its new definition has further occurrences. */
const reopened = (row: SeriesRow, edited: SeriesRow, at: number): SeriesRow => {
  if (row.state !== 'completed') return edited
  const waitsForEnd = countsFromEnd(edited.schedule) && edited.open.some(({ run }) => run === undefined)
  const isFull = edited.maxOccurrences !== undefined && edited.startedCount >= edited.maxOccurrences
  if (isFull) return edited
  return { ...edited, state: 'active', ...(edited.cursor || waitsForEnd ? {} : { cursor: { from: at } }) }
}

/**
 * An occurrence whose nominal time is over stays, although jitter has moved its time behind the edit. Late occurrences that
 * cannot start yet keep their own schedule.
 */
const withNewSchedule = (old: SeriesRow['schedule'], edited: SeriesRow, at: number): SeriesRow | Refusal => {
  const { next, cursor } = edited
  const isLate = next !== undefined && next.at <= at
  if (isLate) {
    const earlier = [...(edited.earlier ?? []), { schedule: old, until: at }]
    if (earlier.length > LIMITS.seriesEarlierCount)
      return refuse(
        'notAllowed',
        `series ${edited.id} still makes late occurrences of ${LIMITS.seriesEarlierCount} earlier schedules; edit it later`,
      )
    return { ...edited, earlier }
  }
  if (next !== undefined && next.nominalAt <= at) return edited
  // A recurrence that counts from the end keeps the end of its last run, so an edit does not start a run at once.
  const kept = cursor !== undefined && 'endedAt' in cursor && countsFromEnd(edited.schedule)
  const waits = cursor === undefined && countsFromEnd(edited.schedule)
  const base = without(without(edited, 'next'), 'leftOut')
  return reopened(edited, kept || waits ? base : { ...base, cursor: { after: at } }, at)
}

const isSame = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b)

/** JSON with sorted fields. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )

const occur = (row: SeriesRow, command: Of<'occur'>): SeriesRow | Refusal => {
  const { epoch, at, calendars } = command
  if (row.epoch !== epoch || row.dueAt === undefined)
    return refuse('superseded', `series ${row.id} has another wake-up than the one of epoch ${epoch}`, { state: row.state })
  if (at < row.dueAt)
    return refuse('early', `series ${row.id} is due at ${iso(row.dueAt)}`, { state: row.state, retryAt: row.dueAt })
  return commit(row, settle(row, at, calendars), command)
}

/** The states of a task that count as a failure of its occurrence. */
const FAILED: ReadonlySet<string> = new Set(['failed', 'conflicted', 'expired'])

const endRun = (row: SeriesRow, command: Of<'end'>): SeriesRow | Refusal => {
  const { at, task, state, endedAt } = command
  const run = row.open.find((open) => open.task === task)
  if (!run) return refuse('superseded', `the end of task ${task} was told to series ${row.id} already`, { state: row.state })
  const { nominalAt } = run
  const last = { nominalAt, task, state, endedAt }
  const ended = { ...row, open: row.open.filter((open) => open !== run), last }
  const counted = FAILED.has(state) ? withFailure(ended, command) : state === 'succeeded' ? withSuccess(ended) : ended
  const isChained = countsFromEnd(row.schedule) && run.run === undefined && row.cursor === undefined
  const moved = isChained ? { ...counted, cursor: { endedAt, dueAt: nominalAt } } : counted
  return commit(row, row.state === 'deleted' ? moved : settle(moved, at), command)
}

const withSuccess = (row: SeriesRow): SeriesRow => ({
  ...without(without(row, 'failuresInRow'), 'coolUntil'),
  succeededCount: row.succeededCount + 1,
})

const withFailure = (row: SeriesRow, { at, task, state }: Of<'end'>): SeriesRow => {
  const failuresInRow = (row.failuresInRow ?? 0) + 1
  const failed = { ...row, failedCount: row.failedCount + 1, failuresInRow }
  if (row.stopOnError && row.state === 'active') {
    const stopped = { at, by: 'system:series', reason: `task ${task} has ended as ${state}` }
    return { ...failed, state: 'failed', stopped }
  }
  const cools = row.coolDown !== undefined && failuresInRow >= row.coolDown.failures
  return cools && row.coolDown ? { ...failed, coolUntil: at + row.coolDown.periodMs } : failed
}

const pause = (row: SeriesRow, command: Of<'pause'>): SeriesRow | Refusal => {
  const { at, by, reason, calendars } = command
  if (row.state !== 'active') return refuse('unchanged', `series ${row.id} is ${row.state}`, { state: row.state })
  const settled = settle(row, at, calendars)
  const stopped = { at, by, ...defined({ reason }) }
  const paused = settled.state === 'active' ? { ...settled, state: 'paused' as const, stopped } : settled
  return commit(row, settle(paused, at, calendars), command)
}

const resume = (row: SeriesRow, command: Of<'resume'>): SeriesRow | Refusal => {
  const { at, calendars } = command
  if (row.state !== 'paused' && row.state !== 'failed')
    return refuse('unchanged', `series ${row.id} is ${row.state}`, { state: row.state })
  const lastPause = { from: row.stopped?.at ?? at, until: at }
  const { stopped: _, failuresInRow: __, coolUntil: ___, ...rest } = row
  return commit(row, settle({ ...rest, state: 'active', lastPause }, at, calendars), command)
}

const trigger = (row: SeriesRow, command: Of<'trigger'>): SeriesRow | Refusal => {
  const { at, run, overlap = row.overlap } = command
  if ([...row.open, ...(row.buffer ?? [])].some((it) => it.run === run))
    return refuse('unchanged', `series ${row.id} has this run already`, { state: row.state })
  const admitted = admit(row, overlap, { nominalAt: at, run })
  if (!admitted) {
    const open = row.open[0]?.task
    return refuse(
      'busy',
      `series ${row.id}: task ${open} has not ended, and the overlap policy is ${overlap}; give another overlap`,
      {
        state: row.state,
      },
    )
  }
  return commit(row, admitted, command)
}

const backfill = (row: SeriesRow, command: Of<'backfill'>): SeriesRow | Refusal => {
  const { at, run, from, to, overlap, calendars } = command
  if (row.backfill)
    return refuse('notAllowed', `series ${row.id} makes a backfill up to ${iso(row.backfill.to)}; wait for its end`, {
      state: row.state,
    })
  const started = { ...row, backfill: { run, cursor: { from }, to, overlap } }
  return commit(row, settle(started, at, calendars), command)
}

/** Waiting occurrences are dropped. The tasks that are open end by themselves, or are cancelled. */
const remove = (row: SeriesRow, command: Of<'delete'>): SeriesRow => {
  const { at, openTasks, retentionMs } = command
  const { next: _, leftOut: __, earlier: ___, buffer: ____, backfill: _____, dueAt: ______, ...rest } = row
  const open = openTasks === 'cancel' ? row.open.map((run): Open => ({ ...run, cancelled: true })) : row.open
  return commit(row, { ...rest, open, state: 'deleted', forgetAt: at + retentionMs }, command)
}
