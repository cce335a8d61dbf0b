import { isDeepStrictEqual } from 'node:util'
import { type Cursor, countsFromEnd, nextOccurrence } from '../../../core/recurrence/next.ts'
import { documentOwner } from '../../../core/series/consequences.ts'
import type { Open, SeriesRow } from '../../../core/series/row.ts'
import { isOpen } from '../../../core/task/row.ts'
import { type Change, changesOf, documentKey, type History, payloadOf, taskKey, tasksOf } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker, Violation } from './checker.ts'

type SeriesChange = Change<'series'>

/** The commits of each series. A series that was defined again is another one. */
const livesOf = (history: History): readonly (readonly SeriesChange[])[] => [
  ...Map.groupBy(changesOf(history, 'series'), ({ after }) => `${taskKey(after)}/${after.createdAt}`).values(),
]

/** The runs that a commit has started. */
const startedBy = ({ before, after }: SeriesChange): readonly Open[] => {
  const known = new Set(before?.createdAt === after.createdAt ? before.open.map(({ task }) => task) : [])
  return after.open.filter(({ task }) => !known.has(task))
}

/**
 * Each occurrence that a series has started has one task, with the input of the definition of that time. None is started twice or
 * early, no task belongs to no occurrence, and the end of each task is told to its series.
 */
export const startsOccurrencesOnce: Checker = (history) => {
  const tasks = tasksOf(history)
  const started = new Set<string>()
  const latest = new Map(changesOf(history, 'series').map(({ after }) => [taskKey(after), after.createdAt]))
  const violations = livesOf(history).flatMap((life) => {
    const seen = new Set<string>()
    const found: Violation[] = []
    for (const change of life)
      for (const run of startedBy(change)) {
        const task = taskKey({ tenant: change.after.tenant, id: run.task })
        const report = (message: string) => found.push({ task, at: change.at, message })
        if (seen.has(run.task)) report(`the occurrence was started twice by series ${taskKey(change.after)}`)
        seen.add(run.task)
        started.add(task)
        // The clock that found it due may be ahead.
        if (run.nominalAt > change.at + SKEW_MS) report('the occurrence was started early')
        const [creation] = tasks.get(task) ?? []
        if (!creation) report('the occurrence has no task')
        else if (!isDeepStrictEqual(payloadOf(history, creation.after, creation.after.input), inputOf(history, change.after)))
          report('the task does not have the input of the series at its start')
      }
    const last = life.at(-1)?.after
    // A series that was defined again does not know the tasks of the one before.
    return last && latest.get(taskKey(last)) === last.createdAt ? [...found, ...untold(history, last, tasks)] : found
  })
  const strangers = [...tasks].flatMap(([task, [creation]]) =>
    creation?.after.series && !started.has(task)
      ? [{ task, at: creation.at, message: 'no series has started this occurrence' }]
      : [],
  )
  return [...violations, ...strangers]
}

const inputOf = (history: History, { tenant, id, task: { input } }: SeriesRow): unknown =>
  'inline' in input
    ? input.inline
    : JSON.parse(history.documents.get(documentKey(tenant, documentOwner(id), input.document)) ?? 'null')

const untold = (history: History, { tenant, id, open }: SeriesRow, tasks: ReturnType<typeof tasksOf>): readonly Violation[] =>
  open.flatMap((run) => {
    const task = taskKey({ tenant, id: run.task })
    const end = tasks.get(task)?.at(-1)
    const message = `the end of the task was not told to series ${id}`
    return end && !isOpen(end.after.state) ? [{ task, at: history.endedAt, message }] : []
  })

/** Without the policy `allow`, a scheduled occurrence starts only when no other task of the series is open. */
export const keepsOverlap: Checker = (history) =>
  changesOf(history, 'series').flatMap((change) => {
    const { at, after } = change
    if (after.overlap === 'allow') return []
    // The list of open tasks is in the order of their starts. A trigger or a backfill may follow in the same commit.
    const beside = startedBy(change).filter(({ run, task }) => run === undefined && after.open[0]?.task !== task)
    return beside.map(({ task }) => {
      const message = `it started beside another open task; the overlap policy is ${after.overlap}`
      return { task: `${after.tenant}/${task}`, at, message }
    })
  })

/**
 * Each time of the schedule is decided once: it was started, skipped with a reason, or waits. This law recomputes the times of
 * each series whose schedule was never edited, from its creation to its last decision.
 */
export const countsOccurrences: Checker = (history) =>
  livesOf(history).flatMap((life) => {
    const last = life.at(-1)
    const first = life[0]
    if (!last || !first) return []
    const scheduled = life.flatMap(startedBy).filter(({ run }) => run === undefined).length
    const skipped = life.flatMap(({ after }) => after.skipped ?? [])
    const skippedCount = skipped.reduce((sum, { count }) => sum + count, 0)
    const { after } = last
    const report = (message: string) => [{ task: taskKey(after), at: last.at, message: `the series ${message}` }]
    const counted = Object.values(after.skippedCounts ?? {}).reduce((sum, count) => sum + count, 0)
    if (counted !== skippedCount) return report(`has skipped ${skippedCount} occurrences, and counts ${counted}`)
    if (after.startedCount !== scheduled) return report(`has started ${scheduled} occurrences, and counts ${after.startedCount}`)
    const isEdited = life.some((change) => !isDeepStrictEqual(change.after.schedule, first.after.schedule))
    if (isEdited || countsFromEnd(after.schedule)) return []
    const waiting = waitingAtEnd(life)
    const expected = timesUntil(after, after.cursor)
    const decided = scheduled + skippedCount + waiting
    return decided === expected ? [] : report(`has decided ${decided} occurrences of ${expected}`)
  })

/** Scheduled occurrences in the buffer; of a deleted series, those that it has dropped. */
const waitingAtEnd = (life: readonly SeriesChange[]): number => {
  const { after } = life.findLast(({ after }) => after.state !== 'deleted') ?? {}
  return (after?.buffer ?? []).filter(({ run }) => run === undefined).length
}

/** The times of a schedule from the creation of the series up to its cursor. */
const timesUntil = (row: SeriesRow, cursor: Cursor | undefined): number => {
  if (!cursor || !('after' in cursor)) return 0
  let count = 0
  let place: Cursor = { from: row.createdAt }
  for (;;) {
    const { occurrence, skipped } = nextOccurrence(row.schedule, place, { seed: taskKey(row) })
    count += skipped.filter(({ nominalAt }) => nominalAt <= cursor.after).length
    if (!occurrence || occurrence.nominalAt > cursor.after) return count
    count++
    place = { after: occurrence.nominalAt }
  }
}
