import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { taskPage } from '../../core/wire/answers.ts'
import { type ListTasksQuery, listTasks as listQuery } from '../../core/wire/queries.ts'
import { taskOf } from '../../core/wire/task.ts'
import type { Needs } from '../needs.ts'
import type { AgendaQuery, Place } from '../world.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { operation } from './operation.ts'

/**
 * `GET /v1/tasks`. One request looks at a bounded number of rows: with a rare filter a page may be short, even empty, and
 * still have a `nextCursor`; only a page without one is the last.
 */
export const listTasks = operation({
  query: listQuery,
  answers: { 200: taskPage },
  run: async ({ world, caller, query }) => {
    const { state, type, tag, from, to, limit = LIMITS.listDefaultCount } = query
    const list = [caller.tenant, state, type, tag, from, to]
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, list)
    if (isRefusal(after)) return after
    const { rows, next } = await scan(world.store, caller.tenant, query, limit, after)
    const items = rows.map((row) => taskOf(row))
    return { status: 200, body: { items, ...(next ? { nextCursor: writeCursor(next, list) } : {}) } }
  },
})

type Scanned = { readonly rows: readonly TaskRow[]; readonly next?: Place }

/** Walks along the agenda until the page is full, the agenda ends, or enough rows have been looked at. */
const scan = async (
  store: Needs<'api'>['store'],
  tenant: string,
  query: ListTasksQuery,
  limit: number,
  start: Place | undefined,
): Promise<Scanned> => {
  const rows: TaskRow[] = []
  // One more than the page when every row counts: it tells without another query whether there is a next page.
  const step = Math.min(LIMITS.listPageCount, isPlain(query) ? limit + 1 : LIMITS.listPageCount)
  let after = start
  for (let seen = 0; seen < LIMITS.listScanCount; seen += step) {
    const full = rows.length === limit
    const places = await store.agenda({ ...spanOf(tenant, query), limit: full ? 1 : step, ...(after ? { after } : {}) })
    if (full) return { rows, ...(after && places.length > 0 ? { next: after } : {}) }
    const found = new Map(
      (
        await store.getTasks(
          tenant,
          places.map(({ id }) => id),
        )
      ).map((row) => [row.id, row]),
    )
    for (const place of places) {
      if (rows.length === limit) return { rows, ...(after ? { next: after } : {}) }
      const row = found.get(place.id)
      // The index may lag behind; the row decides.
      if (row && matches(row, query)) rows.push(row)
      after = place
    }
    if (places.length < step) return { rows }
  }
  return { rows, ...(after ? { next: after } : {}) }
}

const isPlain = ({ state, type, tag }: ListTasksQuery): boolean => !state && !type && !tag

const spanOf = (tenant: string, { state, from, to }: ListTasksQuery): Omit<AgendaQuery, 'limit' | 'after'> => ({
  tenant,
  order: 'latest',
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
  ...(state === 'failed' || state === 'conflicted' || state === 'waiting' || state === 'expired' ? { attention: state } : {}),
})

const matches = (row: TaskRow, { state, type, tag, from, to }: ListTasksQuery): boolean =>
  (state === undefined || row.state === state) &&
  (type === undefined || row.type === type) &&
  (tag === undefined || (row.tags ?? []).includes(tag)) &&
  (from === undefined || row.notBefore >= from) &&
  (to === undefined || row.notBefore < to)
