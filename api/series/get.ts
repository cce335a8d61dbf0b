import * as z from 'zod'
import { LIMITS } from '../../core/limits.ts'
import { SERIES_ID } from '../../core/reading/names.ts'
import { showInZone } from '../../core/recurrence/zone.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import { refOf } from '../../core/row/key.ts'
import { documentOwner } from '../../core/series/consequences.ts'
import { explainSeries as explain } from '../../core/series/explain.ts'
import type { SeriesRow, Skipped } from '../../core/series/row.ts'
import { loadPayload } from '../../engine/payload.ts'
import { calendarsOf } from '../../engine/series.ts'
import { type Call, endpoint } from '../http/endpoint.ts'
import { readPage } from '../http/pagination.ts'
import { pageQuery } from '../schemas/queries.ts'
import {
  nextList,
  occurrenceOf,
  occurrencePage,
  type SeriesView,
  type StartedEntry,
  seriesExplanationView,
  seriesOf,
  seriesPage,
  seriesView,
  skippedOf,
} from '../schemas/series.ts'
import { previewOf } from './preview.ts'

/** The key of the series in the path; refused if no series can have such an id. `preview` is a path of its own. */
export const seriesKeyOf = ({ caller, id }: Pick<Call, 'caller' | 'id'>) =>
  SERIES_ID.test(id) && id !== 'preview' ? ({ kind: 'series', tenant: caller.tenant, id } as const) : noSeries()

/** The text is the same if another tenant has this id, so that it reveals nothing. */
export const noSeries = (): Refusal => refuse('unknown', 'this tenant has no series with this id')

/** Loads the series in the path. A deleted one is unknown. */
export const loadSeries = async (call: Pick<Call, 'world' | 'caller' | 'id'>): Promise<SeriesRow | Refusal> => {
  const key = seriesKeyOf(call)
  if (isRefusal(key)) return key
  const row = await call.world.store.get(key)
  return row && row.state !== 'deleted' ? row : noSeries()
}

/** The input of the tasks of a series; null when its document was deleted. */
export const inputOf = async ({ world }: Pick<Call, 'world'>, { tenant, id, task }: SeriesRow): Promise<Json> =>
  (await loadPayload(world, { tenant, id: documentOwner(id) }, task.input)) ?? null

/** The view of a series with its input. */
export const viewOf = async (call: Pick<Call, 'world'>, row: SeriesRow): Promise<SeriesView> =>
  seriesOf(row, await inputOf(call, row))

/** `GET /v1/series/{id}` */
export const getSeries = endpoint({
  answers: { 200: seriesView },
  run: async (call) => {
    const row = await loadSeries(call)
    return isRefusal(row) ? row : { status: 200, body: await viewOf(call, row) }
  },
})

/** `GET /v1/series`: the series of the tenant by id. Inputs that are stored beside their series are left out. */
export const listSeries = endpoint({
  query: pageQuery,
  answers: { 200: seriesPage },
  run: async (call) => {
    const { world, caller } = call
    const page = await readPage(world.store, { list: 'allSeries', tenant: caller.tenant, id: caller.tenant }, call.query)
    if (isRefusal(page)) return page
    const rows = await Promise.all(page.entries.map(({ value }) => loadSeries({ world, caller, id: String(value) })))
    return { status: 200, body: { items: rows.flatMap((row) => (isRefusal(row) ? [] : [seriesOf(row)])), ...page.next } }
  },
})

/** `GET /v1/series/{id}/occurrences`: newest first. The tasks are read, so each item shows the present state of its task. */
export const listOccurrences = endpoint({
  query: pageQuery,
  answers: { 200: occurrencePage },
  run: async (call) => {
    const row = await loadSeries(call)
    if (isRefusal(row)) return row
    const { tenant, id } = row
    const page = await readPage(call.world.store, { list: 'occurrences', tenant, id }, { ...call.query, order: 'latest' })
    if (isRefusal(page)) return page
    const entries = page.entries.map(({ value }) => value as StartedEntry | (Skipped & { readonly at: number }))
    const ids = entries.flatMap((entry) => ('task' in entry ? [entry.task] : []))
    const tasks = ids.length === 0 ? [] : await call.world.store.getTasks(tenant, ids)
    const found = new Map(tasks.map((task) => [task.id, task]))
    const items = entries.map((entry) =>
      'task' in entry ? occurrenceOf(row, entry, found.get(entry.task)) : skippedOf(row, entry),
    )
    return { status: 200, body: { items, ...page.next } }
  },
})

const nextQuery = z.strictObject({ count: pageQuery.shape.limit.meta({ description: 'How many occurrences.' }) })

/** `GET /v1/series/{id}/next`: what the series itself will find, if nothing changes and no run takes time. */
export const nextOccurrences = endpoint({
  query: nextQuery,
  answers: { 200: nextList },
  run: async (call) => {
    const row = await loadSeries(call)
    if (isRefusal(row)) return row
    const { count = LIMITS.listDefaultCount } = call.query
    return { status: 200, body: { items: await itemsAfter(call, row, count) } }
  },
})

const itemsAfter = async ({ world }: Call, row: SeriesRow, count: number): Promise<ReturnType<typeof previewOf>> => {
  const { schedule, maxOccurrences, startedCount, state } = row
  if (state === 'completed') return []
  const calendars = await calendarsOf(world, row)
  const left = Math.min(count, (maxOccurrences ?? Number.POSITIVE_INFINITY) - startedCount)
  return previewOf(schedule, row.cursor ?? { after: world.clock.now() }, left, { seed: refOf(row), calendars })
}

/** `GET /v1/series/{id}/explain` */
export const explainSeries = endpoint({
  answers: { 200: seriesExplanationView },
  run: async (call) => {
    const row = await loadSeries(call)
    if (isRefusal(row)) return row
    const now = call.world.clock.now()
    const { summary, reasons, nextChangeAt } = explain(row, now)
    const local = (at: number) => showInZone(row.schedule.timeZone, at)
    const body = {
      series: row.id,
      state: row.state,
      at: local(now),
      summary,
      reasons: reasons.map(({ until, ...reason }) => ({ ...reason, ...(until === undefined ? {} : { until: local(until) }) })),
      ...(nextChangeAt === undefined ? {} : { nextChangeAt: local(nextChangeAt) }),
    }
    return { status: 200, body }
  },
})
