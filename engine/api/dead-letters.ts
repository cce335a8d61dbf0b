import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import { isDead } from '../../core/task/dead.ts'
import { deadLetterOf, deadLetterPage } from '../../core/wire/dead-letters.ts'
import { pageQuery } from '../../core/wire/queries.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { operation } from './operation.ts'
import { scan } from './scan.ts'

/**
 * `GET /v1/dead-letters`: tasks that failed because what was to wake them died, and in tenant `carillon` the messages that
 * nobody could read. As in every list, only a page without a `nextCursor` is the last.
 */
export const listDeadLetters = operation({
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
      fits: ({ error }) => error !== undefined && isDead(error.code),
      limit,
      ...(after ? { after } : {}),
    })
    const items = rows.flatMap(({ error, ...row }) => (error ? [deadLetterOf({ ...row, error })] : []))
    return { status: 200, body: { items, ...(next ? { nextCursor: writeCursor(next, list) } : {}) } }
  },
})
