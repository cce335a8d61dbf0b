import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * The tables. Each write of a row also writes its change into `feed`, in the same transaction: the feed is the stream.
 * The index columns hold `placesOf` and `watchOf` of the row. An index that contains few rows is a partial index.
 */
const SCHEMA = `
  create table rows (
    kind text not null, tenant text not null, id text not null, version integer not null, body text not null,
    agenda integer, watch integer, attention text, open integer, forgetAt integer,
    primary key (kind, tenant, id)
  );
  create index agenda on rows (tenant, agenda, id) where agenda is not null;
  create index watch on rows (watch, tenant, id, kind) where watch is not null;
  create index attention on rows (tenant, attention, agenda, id) where attention is not null;
  create index open on rows (open) where open is not null;
  create index forgotten on rows (forgetAt) where forgetAt is not null;

  create table documents (
    tenant text not null, task text not null, name text not null, body text not null, forgetAt integer,
    primary key (tenant, task, name)
  );
  create index forgottenDocuments on documents (forgetAt) where forgetAt is not null;

  create table entries (
    list text not null, tenant text not null, id text not null, place text not null, value text not null, forgetAt integer,
    primary key (list, tenant, id, place)
  ) without rowid;
  create index forgottenEntries on entries (forgetAt) where forgetAt is not null;

  create table feed (seq integer primary key, before text, after text);
`

/**
 * The limit of a query as a parameter. For a plain `limit ?` SQLite plans the query again at each execution, because the plan
 * may depend on the value; that takes ten times as long as the query.
 */
export const LIMIT = 'limit ? + 0'

/** The version of the layout above. A file of another version is refused, because it would be misread. */
const LAYOUT = 3

/** How long to wait for a process that is about to close the file. */
const LOCK_WAIT_MS = 1_000

/**
 * Opens (or creates) the database in `file`, or a private one for `:memory:`. The process holds the file's lock until it
 * closes the database or dies. So a lease of any other owner in the file is void: its process is dead.
 *
 * @throws Error when another process has the file open, or the file has another layout
 */
export const openDatabase = (file: string): DatabaseSync => {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file, { timeout: LOCK_WAIT_MS })
  try {
    // WAL with NORMAL appends to one file without waiting for the disk. A killed process loses nothing; a power cut loses at
    // most the last moments and never corrupts older data.
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal')
    database.exec('begin exclusive')
    createTables(database, file)
    database.exec('commit')
    return database
  } catch (error) {
    database.close()
    throw isBusy(error)
      ? new Error(`${file} is in use by another process; stop that process, or set CARILLON_DATA to another data folder`, {
          cause: error,
        })
      : error
  }
}

const createTables = (database: DatabaseSync, file: string): void => {
  const { user_version: layout } = database.prepare('pragma user_version').get() as { user_version: number }
  if (layout === 0) database.exec(`${SCHEMA}; pragma user_version = ${LAYOUT}`)
  else if (layout !== LAYOUT)
    throw new Error(`${file} has layout ${layout}; this version of Carillon reads layout ${LAYOUT}: use another data folder`)
}

/** SQLITE_BUSY is 5; the low byte of its extended codes is 5 as well. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 255) === 5
