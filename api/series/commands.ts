import * as z from 'zod'
import { defined } from '../../core/defined.ts'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { backfillRequest, triggerRequest } from '../../core/reading/series-request.ts'
import { type Calendars, type Cursor, nextOccurrence } from '../../core/recurrence/next.ts'
import { showInZone } from '../../core/recurrence/zone.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { refOf } from '../../core/row/key.ts'
import type { SeriesCommand } from '../../core/series/command.ts'
import type { SeriesRow } from '../../core/series/row.ts'
import { apply } from '../../engine/apply.ts'
import { idFor } from '../../engine/create/insert.ts'
import { calendarsOf } from '../../engine/series.ts'
import { type Call, endpoint } from '../http/endpoint.ts'
import { readKey } from '../http/request.ts'
import { backfillView, seriesView, triggeredView } from '../schemas/series.ts'
import { reasonRequest } from '../schemas/task-commands.ts'
import { stampOf } from '../tasks/commands.ts'
import { retireDocuments } from './define.ts'
import { loadSeries, noSeries, viewOf } from './get.ts'

/** Applies a command to the series in the path. A deleted series is unknown. */
const commandSeries = async (
  call: Pick<Call, 'world' | 'caller' | 'id'>,
  row: SeriesRow,
  commandFor: (row: SeriesRow) => SeriesCommand | Refusal,
) => {
  const { tenant, id } = row
  return apply(
    call.world,
    { kind: 'series', tenant, id },
    (now) => (now && now.state !== 'deleted' ? commandFor(now) : noSeries()),
    row,
  )
}

/** A repeated pause or resume succeeds. */
const stopOrGo = (name: 'pause' | 'resume') =>
  endpoint({
    body: reasonRequest,
    answers: { 200: seriesView },
    run: async (call) => {
      const row = await loadSeries(call)
      if (isRefusal(row)) return row
      const calendars = await calendarsOf(call.world, row)
      const done = await commandSeries(call, row, () => ({ name, ...stampOf(call, call.body.reason), calendars }))
      if (!isRefusal(done)) return { status: 200, body: await viewOf(call, done.after) }
      const isDone = done.refused === 'unchanged' && (name === 'pause') === (done.state === 'paused')
      const now = isDone ? await loadSeries(call) : done
      return isRefusal(now)
        ? { ...now, refused: now.refused === 'unchanged' ? 'notAllowed' : now.refused }
        : { status: 200, body: await viewOf(call, now) }
    },
  })

/** `POST /v1/series/{id}/pause` */
export const pauseSeries = stopOrGo('pause')

/** `POST /v1/series/{id}/resume` */
export const resumeSeries = stopOrGo('resume')

const deleteQuery = z.strictObject({
  openTasks: z.enum(['keep', 'cancel']).optional().meta({
    default: 'keep',
    description: 'keep: open tasks go on. cancel: they are cancelled; a running one is asked to stop.',
  }),
})

/** `DELETE /v1/series/{id}`. Occurrences that wait are dropped. */
export const deleteSeries = endpoint({
  query: deleteQuery,
  answers: { 200: seriesView },
  run: async (call) => {
    const row = await loadSeries(call)
    if (isRefusal(row)) return row
    const { retentionMs } = call.app
    const { openTasks = 'keep' } = call.query
    const done = await commandSeries(call, row, () => ({ name: 'delete', ...stampOf(call), openTasks, retentionMs }))
    if (isRefusal(done)) return done
    const body = await viewOf(call, done.after)
    await retireDocuments(call.world, done.after, undefined, call.world.clock.now() + retentionMs)
    return { status: 200, body }
  },
})

/** `POST /v1/series/{id}/trigger`. Repeated requests with one `Idempotency-Key` make one occurrence. */
export const triggerSeries = endpoint({
  body: triggerRequest,
  keyed: true,
  answers: { 202: triggeredView },
  run: async (call) => {
    const key = readKey(call.request)
    if (isRefusal(key)) return key
    const row = await loadSeries(call)
    if (isRefusal(row)) return row
    const run = runId('t', key.key === undefined ? call.world.ids.next() : idFor([row.tenant, row.id, row.createdAt, key.key]))
    const { overlap, reason } = call.body
    const done = await commandSeries(call, row, () => ({
      name: 'trigger',
      ...stampOf(call, reason),
      run,
      ...defined({ overlap }),
    }))
    if (isRefusal(done) && done.refused !== 'unchanged') return done
    const now = isRefusal(done) ? await loadSeries(call) : done.after
    if (isRefusal(now)) return now
    const task = now.open.find((open) => open.run === run)?.task
    const waiting = now.buffer?.some((it) => it.run === run) ?? false
    const paused = now.state !== 'active'
    return { status: 202, body: { run, ...defined({ task }), waiting, paused, series: await viewOf(call, now) } }
  },
})

/** `POST /v1/series/{id}/backfill` */
export const backfillSeries = endpoint({
  body: backfillRequest,
  answers: { 200: backfillView, 202: backfillView },
  run: async (call) => {
    const row = await loadSeries(call)
    if (isRefusal(row)) return row
    const { from, to, overlap = 'bufferAll', dryRun, reason } = call.body
    const now = call.world.clock.now()
    const invalid = (path: string, message: string) => refuse('invalid', `${path}: ${message}`, { path })
    if (to < from) return invalid('/to', `${iso(to)}; it must not be before from, which is ${iso(from)}`)
    if (to > now) return invalid('/to', `${iso(to)}; it must not be in the future; it is ${iso(now)}`)
    const calendars = await calendarsOf(call.world, row)
    const times = timesBetween(row, from, to, calendars)
    if (times.length > LIMITS.backfillCount)
      return invalid('/to', `the period has more than ${LIMITS.backfillCount} occurrences (backfillCount); give a shorter one`)
    const first = times.slice(0, LIMITS.listPageCount).map((at) => showInZone(row.schedule.timeZone, at))
    const counted = { count: times.length, first }
    if (dryRun || times.length === 0) return { status: 200, body: counted }
    const run = runId('b', call.world.ids.next())
    const stamp = stampOf(call, reason)
    const done = await commandSeries(call, row, () => ({ name: 'backfill', ...stamp, run, from, to, overlap, calendars }))
    return isRefusal(done) ? done : { status: 202, body: { run, ...counted } }
  },
})

/** The id of a run is the end of a unique id: ids that were made at one time begin alike. */
const runId = (kind: 't' | 'b', unique: string): string => `${kind}${unique.slice(1 - LIMITS.runIdCount)}`

/** The nominal times of a period; one more than `LIMITS.backfillCount` at most. */
const timesBetween = (row: SeriesRow, from: number, to: number, calendars: Calendars): readonly number[] => {
  const times: number[] = []
  let cursor: Cursor = { from }
  while (times.length <= LIMITS.backfillCount) {
    const { occurrence, more } = nextOccurrence(row.schedule, cursor, { seed: refOf(row), calendars })
    const reached = occurrence?.nominalAt ?? more
    if (reached === undefined || reached > to) return times
    if (occurrence) times.push(occurrence.nominalAt)
    cursor = { after: reached }
  }
  return times
}
