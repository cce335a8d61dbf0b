import type { Json } from '../../core/row/json.ts'
import { documentOwner } from '../../core/series/consequences.ts'
import type { SeriesRow } from '../../core/series/row.ts'
import type { Call } from '../http/endpoint.ts'

/** The input of the tasks of a series. */
export const inputOf = async ({ world }: Pick<Call, 'world'>, { tenant, id, task }: SeriesRow): Promise<Json> => {
  if ('inline' in task.input) return task.input.inline
  const text = await world.store.getDocument(tenant, documentOwner(id), task.input.document)
  return text === undefined ? null : (JSON.parse(text) as Json)
}
