import type { DatabaseSync } from 'node:sqlite'
import { watchOf } from '../../core/consequences.ts'
import type { Instant } from '../../core/instant.ts'
import type { KeyOf, Kind, Row, RowOf } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import { placesOf } from '../../core/task/places.ts'
import { isOpen, type TaskRow } from '../../core/task/row.ts'
import type { TenantRow } from '../../core/tenant/row.ts'
import type { AgendaQuery, Place, Store, WatchPlace } from '../../engine/world.ts'
import type { Commits } from './commits.ts'

type Places = {
  readonly agenda: number | null
  readonly watch: number | null
  readonly attention: string | null
  readonly open: number | null
  readonly forgetAt: number | null
}
type Stored = Places & { readonly version: number; readonly body: string }

/** The two verbs. `append` writes the change into the feed, inside the same transaction; `told` follows the commit. */
export const rowsOf = (
  database: DatabaseSync,
  commits: Commits,
  append: (before: string | null, after: string) => void,
  told: () => void,
): Pick<Store, 'get' | 'put' | 'getTasks'> => {
  const body = database.prepare('select body from rows where kind = ? and tenant = ? and id = ?')
  const stored = database.prepare(
    'select version, body, agenda, watch, attention, open, forgetAt from rows where kind = ? and tenant = ? and id = ?',
  )
  const insert = database.prepare(
    'insert into rows (version, body, agenda, watch, attention, open, forgetAt, kind, tenant, id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  // SQLite rewrites the entry of every index whose column is named in an update, changed or not. Most commits move a row
  // in no index, so they name none.
  const stay = database.prepare('update rows set version = ?, body = ? where kind = ? and tenant = ? and id = ?')
  const move = database.prepare(
    'update rows set version = ?, body = ?, agenda = ?, watch = ?, attention = ?, open = ?, forgetAt = ? where kind = ? and tenant = ? and id = ?',
  )

  const write = (row: Row, at: Places, text: string, before: Stored | undefined): void => {
    const { kind, tenant, id, version } = row
    if (before && isSame(before, at)) stay.run(version, text, kind, tenant, id)
    else (before ? move : insert).run(version, text, at.agenda, at.watch, at.attention, at.open, at.forgetAt, kind, tenant, id)
    append(before?.body ?? null, text)
  }

  const read = (kind: string, tenant: string, id: string): Row | undefined => {
    const found = body.get(kind, tenant, id) as { body: string } | undefined
    return found && readRow(found.body)
  }

  return {
    get: async <Of extends Kind>({ kind, tenant, id }: KeyOf<Of>) => {
      const row = read(kind, tenant, id)
      await commits.settled()
      return row as RowOf<Of> | undefined
    },
    getTasks: async (tenant, ids) => {
      const rows = ids.flatMap((id) => (read('task', tenant, id) as TaskRow | undefined) ?? [])
      await commits.settled()
      return rows
    },
    put: async (row, expected) => {
      const places = stand(row)
      // Nobody else has the database, and nothing is awaited between here and the write, so what is read still stands then.
      const before = stored.get(row.kind, row.tenant, row.id) as Stored | undefined
      if ((before?.version ?? 0) !== expected) {
        await commits.settled()
        return { written: false, winner: before && readRow(before.body) }
      }
      const text = JSON.stringify(row)
      refuseTooLarge(row, text)
      await commits.write(() => write(row, places, text, before))
      told()
      return { written: true }
    },
  }
}

/** What the column `open` says of a row that has something before it: of a task, or of a row of another kind. */
export const OPEN = { task: 1, other: 2 } as const

const stand = (row: Row): Places => {
  const watch = watchOf(row) ?? null
  if (watch !== null) refuseUnplaced(row, watch)
  const { forgetAt = null } = row as { readonly forgetAt?: Instant }
  if (row.kind !== 'task') return { agenda: null, watch, attention: null, open: watch === null ? null : OPEN.other, forgetAt }
  const { agenda, attention = null } = placesOf(row)
  refuseUnplaced(row, agenda)
  return { agenda, watch, attention, open: isOpen(row.state) ? OPEN.task : null, forgetAt }
}

const isSame = (a: Places, b: Places): boolean =>
  a.agenda === b.agenda && a.watch === b.watch && a.attention === b.attention && a.open === b.open && a.forgetAt === b.forgetAt

/** As the store on DynamoDB does, whose keys are texts of digits. */
const refuseUnplaced = ({ kind, tenant, id }: Row, at: Instant): void => {
  if (!Number.isSafeInteger(at) || at < 0)
    throw new RangeError(
      `${kind} ${tenant}/${id}: instant ${at} has no place in an index; it must be a whole number of milliseconds, 0 or more`,
    )
}

/** UTF-16 needs at most three bytes of UTF-8 for each unit, so a short text need not be counted. */
const refuseTooLarge = ({ kind, tenant, id }: Row, text: string): void => {
  if (text.length * 3 <= LIMITS.rowBytes) return
  const bytes = Buffer.byteLength(text)
  if (bytes > LIMITS.rowBytes)
    throw new RangeError(`row ${kind}/${tenant}/${id} has ${bytes} bytes; at most ${LIMITS.rowBytes} can be stored`)
}

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

/** Reads a stored row. Only this store writes the text, so its shape is known. */
export const readRow = (text: string): Row => JSON.parse(text) as Row
