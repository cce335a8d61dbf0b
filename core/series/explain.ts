import { formatDuration } from '../duration.ts'
import { type Instant, iso } from '../instant.ts'
import { countsFromEnd } from '../recurrence/next.ts'
import type { SeriesRow } from './row.ts'

/** One reason why a series does not start an occurrence now. */
export type SeriesReason = { readonly code: string; readonly message: string; readonly until?: Instant }

/** Why a series does not start an occurrence now, and when it will; the most important reason first. */
export type SeriesExplanation = {
  readonly summary: string
  readonly reasons: readonly SeriesReason[]
  /** The next automatic change; absent if a task or a caller has to act first. */
  readonly nextChangeAt?: Instant
}

/**
 * Explains a series by its row alone.
 *
 * @example explainSeries(row, now).summary // "series nightly is paused: user:alice has paused it since …"
 */
export const explainSeries = (row: SeriesRow, now: Instant): SeriesExplanation => {
  const reasons = [...stateReasons(row), ...openReasons(row), ...coolDownReasons(row), ...timeReasons(row, now)]
  const [first] = reasons
  const nextChangeAt = row.dueAt === undefined || row.dueAt <= now ? undefined : row.dueAt
  return {
    summary: `series ${row.id} is ${row.state}${first ? `: ${first.message}` : ''}`,
    reasons,
    ...(nextChangeAt === undefined ? {} : { nextChangeAt }),
  }
}

const stateReasons = ({ state, stopped }: SeriesRow): readonly SeriesReason[] => {
  const why = stopped?.reason ? ` (${stopped.reason})` : ''
  if (state === 'paused' && stopped)
    return [{ code: 'paused', message: `${stopped.by} has paused it since ${iso(stopped.at)}${why}; resume it` }]
  if (state === 'failed' && stopped)
    return [{ code: 'failed', message: `it has stopOnError, and stopped at ${iso(stopped.at)}${why}; resume it` }]
  return state === 'completed' ? [{ code: 'completed', message: 'no occurrence follows; define it anew to go on' }] : []
}

const openReasons = ({ open, buffer = [], overlap, schedule, cursor }: SeriesRow): readonly SeriesReason[] => {
  const [oldest] = open
  if (!oldest) return []
  const since = `task ${oldest.task} of ${iso(oldest.nominalAt)} has not ended`
  const waiting = buffer.length === 0 ? '' : `; ${buffer.length} waiting`
  if (countsFromEnd(schedule) && cursor === undefined)
    return [{ code: 'running', message: `${since}, and the next time counts from its end${waiting}` }]
  return [{ code: 'running', message: `${since}; the overlap policy is ${overlap}${waiting}` }]
}

const coolDownReasons = ({ coolUntil, failuresInRow = 0, coolDown }: SeriesRow): readonly SeriesReason[] =>
  coolUntil === undefined || !coolDown
    ? []
    : [
        {
          code: 'coolDown',
          message: `${failuresInRow} occurrences in a row have failed; it starts none for ${formatDuration(coolDown.periodMs)}, until ${iso(coolUntil)}, and then one as a probe`,
          until: coolUntil,
        },
      ]

const timeReasons = ({ state, next, dueAt }: SeriesRow, now: Instant): readonly SeriesReason[] => {
  if (state !== 'active' || next === undefined) return []
  if (next.at > now) return [{ code: 'notDue', message: `its next occurrence is at ${iso(next.at)}`, until: next.at }]
  const message = `the occurrence of ${iso(next.nominalAt)} is due and will be decided at the next wake-up`
  return [{ code: 'due', message, ...(dueAt === undefined ? {} : { until: dueAt }) }]
}
