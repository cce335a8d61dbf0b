import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import { fits, spanOf } from '../../core/task/filter.ts'
import { taskPage } from '../../core/wire/answers.ts'
import { type ListTasksQuery, listTasks as listQuery } from '../../core/wire/queries.ts'
import { taskOf } from '../../core/wire/task.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { operation } from './operation.ts'
import { scan } from './scan.ts'

/**
 * `GET /v1/tasks`. One request looks at a bounded number of rows: with a rare filter a page may be short, even empty, and
 * still have a `nextCursor`; only a page without one is the last.
 */
export const listTasks = operation({
  query: listQuery,
  answers: { 200: taskPage },
  run: async ({ world, caller, query }) => {
    const { tenant } = caller
    const { state, type, tag, from, to, errorCode, limit = LIMITS.listDefaultCount } = query
    const list = [tenant, state, type, tag, from, to, ...(errorCode === undefined ? [] : [errorCode])]
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, list)
    if (isRefusal(after)) return after
    const { rows, next } = await scan(world.store, {
      tenant,
      span: spanOf(query),
      ...(isPlain(query) ? {} : { fits: (row) => fits(row, query) }),
      limit,
      ...(after ? { after } : {}),
    })
    const items = rows.map((row) => taskOf(row))
    return { status: 200, body: { items, ...(next ? { nextCursor: writeCursor(next, list) } : {}) } }
  },
})

const isPlain = ({ state, type, tag, errorCode }: ListTasksQuery): boolean => !state && !type && !tag && !errorCode
