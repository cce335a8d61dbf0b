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
import { LIMIT } from './database.ts'

/** The columns that the indexes are on. */
type IndexColumns = {
  readonly agenda: number | null
  readonly watch: number | null
  readonly attention: string | null
  readonly open: number | null
  readonly forgetAt: number | null
}
type Stored = IndexColumns & { readonly version: number; readonly body: string }

/** Reading and writing rows. `append` writes the change into the feed, in the same transaction; `notify` is called after the commit. */
export const rowsOf = (
  database: DatabaseSync,
  commits: Commits,
  append: (before: string | null, after: string) => void,
  notify: () => void,
): Pick<Store, 'get' | 'put' | 'getTasks'> => {
  const body = database.prepare('select body from rows where kind = ? and tenant = ? and id = ?')
  const stored = database.prepare(
    'select version, body, agenda, watch, attention, open, forgetAt from rows where kind = ? and tenant = ? and id = ?',
  )
  const insert = database.prepare(
    'insert into rows (version, body, agenda, watch, attention, open, forgetAt, kind, tenant, id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  // SQLite rewrites the entry of every index whose column is named in an update, changed or not. Most commits change no
  // index column, so they use the statement that names none.
  const updateBody = database.prepare('update rows set version = ?, body = ? where kind = ? and tenant = ? and id = ?')
  const updateAll = database.prepare(
    'update rows set version = ?, body = ?, agenda = ?, watch = ?, attention = ?, open = ?, forgetAt = ? where kind = ? and tenant = ? and id = ?',
  )

  const write = (row: Row, at: IndexColumns, text: string, before: Stored | undefined): void => {
    const { kind, tenant, id, version } = row
    if (before && isSame(before, at)) updateBody.run(version, text, kind, tenant, id)
    else
      (before ? updateAll : insert).run(version, text, at.agenda, at.watch, at.attention, at.open, at.forgetAt, kind, tenant, id)
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
      const columns = columnsOf(row)
      // No other process has the database, and nothing is awaited before the write, so the version read here is still current then.
      const before = stored.get(row.kind, row.tenant, row.id) as Stored | undefined
      if ((before?.version ?? 0) !== expected) {
        await commits.settled()
        return { written: false, winner: before && readRow(before.body) }
      }
      const text = JSON.stringify(row)
      refuseTooLarge(row, text)
      await commits.write(() => write(row, columns, text, before))
      notify()
      return { written: true }
    },
  }
}

/** Values of the column `open`: an open task, or a row of another kind that has a wake-up. */
export const OPEN = { task: 1, other: 2 } as const

const columnsOf = (row: Row): IndexColumns => {
  const watch = watchOf(row) ?? null
  if (watch !== null) refuseInvalidInstant(row, watch)
  const { forgetAt = null } = row as { readonly forgetAt?: Instant }
  if (row.kind !== 'task') return { agenda: null, watch, attention: null, open: watch === null ? null : OPEN.other, forgetAt }
  const { agenda, attention = null } = placesOf(row)
  refuseInvalidInstant(row, agenda)
  return { agenda, watch, attention, open: isOpen(row.state) ? OPEN.task : null, forgetAt }
}

const isSame = (a: IndexColumns, b: IndexColumns): boolean =>
  a.agenda === b.agenda && a.watch === b.watch && a.attention === b.attention && a.open === b.open && a.forgetAt === b.forgetAt

/** The same bounds as in the store on DynamoDB, whose index keys are digits. */
const refuseInvalidInstant = ({ kind, tenant, id }: Row, at: Instant): void => {
  if (!Number.isSafeInteger(at) || at < 0)
    throw new RangeError(
      `${kind} ${tenant}/${id}: instant ${at} cannot be an index key; it must be a whole number of milliseconds, 0 or more`,
    )
}

/** A UTF-16 unit needs at most three bytes of UTF-8, so the bytes of a short text need not be counted. */
const refuseTooLarge = ({ kind, tenant, id }: Row, text: string): void => {
  if (text.length * 3 <= LIMITS.rowBytes) return
  const bytes = Buffer.byteLength(text)
  if (bytes > LIMITS.rowBytes)
    throw new RangeError(`row ${kind}/${tenant}/${id} has ${bytes} bytes; at most ${LIMITS.rowBytes} can be stored`)
}

/**
 * The queries on indexes. Each reads one index from a place onwards and stops at its limit. The empty text sorts before
 * every id, so (at, '') is just before all rows at that instant: one pair of values expresses both "from this instant" and
 * "strictly after this row".
 */
export const indexesOf = (database: DatabaseSync): Pick<Store, 'agenda' | 'watched' | 'tenants'> => {
  const queries = (filter: string) => ({
    earliest: database.prepare(
      `select agenda as at, id from rows where tenant = ? ${filter} and (agenda, id) > (?, ?) and agenda < ? order by agenda, id ${LIMIT}`,
    ),
    latest: database.prepare(
      `select agenda as at, id from rows where tenant = ? ${filter} and (agenda, id) < (?, ?) and agenda >= ? order by agenda desc, id desc ${LIMIT}`,
    ),
  })
  const all = queries('')
  const byAttention = queries('and attention = ?')
  const watch = database.prepare(
    `select watch as at, tenant, id, kind from rows where (watch, tenant, id, kind) > (?, ?, ?, ?) and watch < ? order by watch, tenant, id, kind ${LIMIT}`,
  )
  const tenants = database.prepare(
    `select body from rows where kind = 'tenant' and tenant > ? and body ->> '$.visitedUntil' is not null order by tenant ${LIMIT}`,
  )

  return {
    agenda: async (query) => {
      const { start, end } = rangeOf(query)
      const filter = query.attention === undefined ? [query.tenant] : [query.tenant, query.attention]
      const statement = (query.attention === undefined ? all : byAttention)[query.order]
      return statement.all(...filter, start.at, start.id, end, query.limit) as unknown as readonly Place[]
    },
    watched: async ({ until, after = BEFORE_ALL, limit }) =>
      watch.all(after.at, after.tenant, after.id, after.kind, until, limit) as unknown as readonly WatchPlace[],
    tenants: async ({ after = '', limit }) =>
      (tenants.all(after, limit) as { body: string }[]).map(({ body }) => readRow(body) as TenantRow),
  }
}

const ALL_TIMES = { first: Number.MIN_SAFE_INTEGER, last: Number.MAX_SAFE_INTEGER }
const BEFORE_ALL = { at: ALL_TIMES.first, tenant: '', id: '', kind: '' }

/** The start of a range (exclusive) and the instant where it ends: `from` is included, `to` is not. */
const rangeOf = ({ order, from = ALL_TIMES.first, to = ALL_TIMES.last, after }: AgendaQuery): { start: Place; end: number } => {
  if (order === 'earliest') return { start: after && after.at >= from ? after : { at: from, id: '' }, end: to }
  return { start: after && after.at < to ? after : { at: to, id: '' }, end: from }
}

/** Reads a stored row. Only this store writes the text, so no validation is needed. */
export const readRow = (text: string): Row => JSON.parse(text) as Row
