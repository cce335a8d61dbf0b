import type { DatabaseSync } from 'node:sqlite'
import type { TenantRow } from '../../core/tenant/row.ts'
import type { AgendaQuery, Place, Store, WatchPlace } from '../../engine/world.ts'
import { readRow } from './stored.ts'

/**
 * The lists. Each reads one index from a place onwards and stops at its limit. The empty text sorts before every id, so
 * (at, '') stands just before everything at that instant: one pair says both "from here" and "strictly after this one".
 */
export const indexesOf = (database: DatabaseSync): Pick<Store, 'agenda' | 'watched' | 'tenants'> => {
  const walk = (wanted: string) => ({
    earliest: database.prepare(
      `select agenda as at, id from rows where tenant = ? ${wanted} and (agenda, id) > (?, ?) and agenda < ? order by agenda, id limit ?`,
    ),
    latest: database.prepare(
      `select agenda as at, id from rows where tenant = ? ${wanted} and (agenda, id) < (?, ?) and agenda >= ? order by agenda desc, id desc limit ?`,
    ),
  })
  const all = walk('')
  const some = walk('and attention = ?')
  const watch = database.prepare(
    `select watch as at, tenant, id, kind from rows where (watch, tenant, id, kind) > (?, ?, ?, ?) and watch < ? order by watch, tenant, id, kind limit ?`,
  )
  const tenants = database.prepare(`select body from rows where kind = 'tenant' and tenant > ? order by tenant limit ?`)

  return {
    agenda: async (query) => {
      const { start, end } = span(query)
      const wanted = query.attention === undefined ? [query.tenant] : [query.tenant, query.attention]
      const statement = (query.attention === undefined ? all : some)[query.order]
      return statement.all(...wanted, start.at, start.id, end, query.limit) as unknown as readonly Place[]
    },
    watched: async ({ until, after = BEFORE_ALL, limit }) =>
      watch.all(after.at, after.tenant, after.id, after.kind, until, limit) as unknown as readonly WatchPlace[],
    tenants: async ({ after = '', limit }) =>
      (tenants.all(after, limit) as { body: string }[]).map(({ body }) => readRow(body) as TenantRow),
  }
}

const EVER = { first: Number.MIN_SAFE_INTEGER, last: Number.MAX_SAFE_INTEGER }
const BEFORE_ALL = { at: EVER.first, tenant: '', id: '', kind: '' }

/** Where a walk starts (exclusive) and the instant where it ends: `to` itself is out, `from` itself is in. */
const span = ({ order, from = EVER.first, to = EVER.last, after }: AgendaQuery): { start: Place; end: number } => {
  if (order === 'earliest') return { start: after && after.at >= from ? after : { at: from, id: '' }, end: to }
  return { start: after && after.at < to ? after : { at: to, id: '' }, end: from }
}
