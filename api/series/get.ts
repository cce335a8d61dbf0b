import { LIMITS } from '../../core/limits.ts'
import { SERIES_ID } from '../../core/reading/names.ts'
import { type Next, nextOccurrence } from '../../core/recurrence/next.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { SeriesRow, Skipped } from '../../core/series/row.ts'
import { loadCalendars } from '../../engine/series.ts'
import { type Call, endpoint } from '../http/endpoint.ts'
import { readPage } from '../http/pagination.ts'
import { pageQuery } from '../schemas/queries.ts'
import {
  occurrenceOf,
  occurrencePage,
  seriesOf,
  seriesPage,
  type SeriesView,
  seriesView,
  skippedOf,
  type StartedEntry,
} from '../schemas/series.ts'
import { inputOf } from './input.ts'

/** The key of the series in the path; refused if no series can have such an id. */
export const seriesKeyOf = ({ caller, id }: Pick<Call, 'caller' | 'id'>) =>
  SERIES_ID.test(id) ? ({ kind: 'series', tenant: caller.tenant, id } as const) : noSeries()

/** The text is the same if another tenant has this id, so that it reveals nothing. */
export const noSeries = (): Refusal => refuse('unknown', 'this tenant has no series with this id')

/** Loads the series in the path. A deleted one is unknown. */
export const loadSeries = async (call: Pick<Call, 'world' | 'caller' | 'id'>): Promise<SeriesRow | Refusal> => {
  const key = seriesKeyOf(call)
  if (isRefusal(key)) return key
  const row = await call.world.store.get(key)
  return row && row.state !== 'deleted' ? row : noSeries()
}

/** The view of a series with its input. */
export const viewOf = async (call: Pick<Call, 'world'>, row: SeriesRow): Promise<SeriesView> => seriesOf(row, await inputOf(call, row))

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
    const page = await readPage(world.store, { list: 'series', tenant: caller.tenant, id: caller.tenant }, call.query)
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
    const items = entries.map((entry) => ('task' in entry ? occurrenceOf(row, entry, found.get(entry.task)) : skippedOf(row, entry)))
    return { status: 200, body: { items, ...page.next } }
  },
})

/** The occurrences after the present one, as the series itself will find them. */
export const occurrencesAfter = async (
  { world }: Pick<Call, 'world'>,
  row: SeriesRow,
  count: number,
): Promise<readonly NonNullable<Next['occurrence']>[]> => {
  const calendars = await loadCalendars(world, row.tenant, [row.schedule])
  const found: NonNullable<Next['occurrence']>[] = []
  let cursor = row.cursor ?? { after: world.clock.now() }
  for (let searches = 0; found.length < count && searches < count + LIMITS.seriesStepCount; searches++) {
    const { occurrence, more } = nextOccurrence(row.schedule, cursor, { seed: `${row.tenant}/${row.id}`, calendars })
    const reached = occurrence?.nominalAt ?? more
    if (reached === undefined) return found
    if (occurrence) found.push(occurrence)
    cursor = { after: reached }
  }
  return found
}
