import { LIMITS } from '../../core/limits.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Needs } from '../needs.ts'
import type { AgendaQuery, Place } from '../world.ts'

/** What is wanted of a tenant's agenda: a stretch of it, and which tasks there; without `fits`, all. */
export type Wanted = {
  readonly tenant: string
  readonly span: Pick<AgendaQuery, 'from' | 'to' | 'attention'>
  readonly fits?: (row: TaskRow) => boolean
  readonly limit: number
  readonly after?: Place
}

/** A page of tasks, and where the next one begins, if there is one. */
export type Scanned = { readonly rows: readonly TaskRow[]; readonly next?: Place }

/** Walks along the agenda, the newest time first, until the page is full, the agenda ends, or enough rows have been looked at. */
export const scan = async (store: Needs<'api'>['store'], wanted: Wanted): Promise<Scanned> => {
  const { tenant, span, fits, limit } = wanted
  const rows: TaskRow[] = []
  // One more than the page when every row counts: it tells without another query whether there is a next page.
  const step = Math.min(LIMITS.listPageCount, fits ? LIMITS.listPageCount : limit + 1)
  let { after } = wanted
  for (let seen = 0; seen < LIMITS.listScanCount; seen += step) {
    const full = rows.length === limit
    const query = { tenant, order: 'latest', ...span, limit: full ? 1 : step, ...(after ? { after } : {}) } as const
    const places = await store.agenda(query)
    if (full) return { rows, ...(after && places.length > 0 ? { next: after } : {}) }
    const ids = places.map(({ id }) => id)
    const found = new Map((await store.getTasks(tenant, ids)).map((row) => [row.id, row]))
    for (const place of places) {
      if (rows.length === limit) return { rows, ...(after ? { next: after } : {}) }
      const row = found.get(place.id)
      if (row && isWithin(row, span) && (!fits || fits(row))) rows.push(row)
      after = place
    }
    if (places.length < step) return { rows }
  }
  return { rows, ...(after ? { next: after } : {}) }
}

/** The index may lag behind; the row decides. */
const isWithin = (row: TaskRow, { from, to, attention }: Wanted['span']): boolean =>
  (from === undefined || row.notBefore >= from) &&
  (to === undefined || row.notBefore < to) &&
  (attention === undefined || row.state === attention)
