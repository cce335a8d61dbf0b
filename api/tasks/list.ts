import { defined } from '../../core/defined.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import { isDeadLetterCode } from '../../core/task/error.ts'
import { agendaRangeOf, matchesFilter } from '../../core/task/places.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Needs } from '../../engine/needs.ts'
import type { AgendaQuery, Place } from '../../engine/world.ts'
import { endpoint } from '../http/endpoint.ts'
import { readCursor, writeCursor } from '../http/pagination.ts'
import { deadLetterOf, deadLetterPage } from '../schemas/dead-letters.ts'
import { pageQuery, type TaskQuery, taskQuery } from '../schemas/queries.ts'
import { taskOf } from '../schemas/task.ts'
import { taskPage } from '../schemas/task-commands.ts'

/**
 * `GET /v1/tasks`. One request reads a bounded number of rows: with a rare filter a page can be short or empty and still have a
 * `nextCursor`. Only a page without one is the last.
 */
export const listTasks = endpoint({
  query: taskQuery,
  answers: { 200: taskPage },
  run: async ({ world, caller, query }) => {
    const { tenant } = caller
    const { state, type, tag, from, to, errorCode, limit = LIMITS.listDefaultCount } = query
    const list = [tenant, state, type, tag, from, to, ...(errorCode === undefined ? [] : [errorCode])]
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, list)
    if (isRefusal(after)) return after
    const { rows, next } = await scan(world.store, {
      tenant,
      span: agendaRangeOf(query),
      ...(isUnfiltered(query) ? {} : { fits: (row) => matchesFilter(row, query) }),
      limit,
      ...defined({ after }),
    })
    const items = rows.map((row) => taskOf(row))
    return { status: 200, body: { items, ...(next ? { nextCursor: writeCursor(next, list) } : {}) } }
  },
})

const isUnfiltered = ({ state, type, tag, errorCode }: TaskQuery): boolean => !state && !type && !tag && !errorCode

/** A query of the agenda of a tenant: a span of time and a filter; without `fits`, all tasks. */
export type ScanQuery = {
  readonly tenant: string
  readonly span: Pick<AgendaQuery, 'from' | 'to' | 'attention'>
  readonly fits?: (row: TaskRow) => boolean
  readonly limit: number
  readonly after?: Place
}

/** A page of tasks, and the start of the next page if there is one. */
export type ScanPage = { readonly rows: readonly TaskRow[]; readonly next?: Place }

/** Reads the agenda, newest time first, until the page is full, the agenda ends, or the bound on rows is reached. */
export const scan = async (store: Needs<'api'>['store'], scanQuery: ScanQuery): Promise<ScanPage> => {
  const { tenant, span, fits, limit } = scanQuery
  const rows: TaskRow[] = []
  // Without a filter, one row more than the page shows whether there is a next page, without another query.
  const step = Math.min(LIMITS.listPageCount, fits ? LIMITS.listPageCount : limit + 1)
  let { after } = scanQuery
  for (let read = 0; read < LIMITS.listScanCount; read += step) {
    const full = rows.length === limit
    const query = { tenant, order: 'latest', ...span, limit: full ? 1 : step, ...defined({ after }) } as const
    const places = await store.agenda(query)
    if (full) return { rows, ...(after && places.length > 0 ? { next: after } : {}) }
    const ids = places.map(({ id }) => id)
    const found = new Map((await store.getTasks(tenant, ids)).map((row) => [row.id, row]))
    for (const place of places) {
      if (rows.length === limit) return { rows, ...defined({ next: after }) }
      const row = found.get(place.id)
      if (row && isWithin(row, span) && (!fits || fits(row))) rows.push(row)
      after = place
    }
    if (places.length < step) return { rows }
  }
  return { rows, ...defined({ next: after }) }
}

/** The index can lag behind; the row decides. */
const isWithin = (row: TaskRow, { from, to, attention }: ScanQuery['span']): boolean =>
  (from === undefined || row.notBefore >= from) &&
  (to === undefined || row.notBefore < to) &&
  (attention === undefined || row.state === attention)

/**
 * `GET /v1/dead-letters`: tasks that failed because their message became a dead letter, and in the tenant `carillon` unreadable
 * messages. As in every list, only a page without a `nextCursor` is the last.
 */
export const listDeadLetters = endpoint({
  query: pageQuery,
  answers: { 200: deadLetterPage },
  run: async ({ world, caller, query }) => {
    const { tenant } = caller
    const { limit = LIMITS.listDefaultCount, cursor } = query
    const list = [tenant, 'dead-letters']
    const after = cursor === undefined ? undefined : readCursor(cursor, list)
    if (isRefusal(after)) return after
    const { rows, next } = await scan(world.store, {
      tenant,
      span: { attention: 'failed' },
      fits: ({ error }) => error !== undefined && isDeadLetterCode(error.code),
      limit,
      ...defined({ after }),
    })
    const items = rows.flatMap(({ error, ...row }) => (error ? [deadLetterOf({ ...row, error })] : []))
    return { status: 200, body: { items, ...(next ? { nextCursor: writeCursor(next, list) } : {}) } }
  },
})
