import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * The tables. Whoever writes a row also writes what changed into `feed`, in the same transaction: that is our stream.
 * The index columns are `placesOf` and `watchOf` of the row; an index that few rows are in holds only those (a partial index).
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

/** The layout above. A file of another layout is refused rather than misread. */
const LAYOUT = 2

/** How long to wait for a process that is just letting go of the file. */
const LOCK_WAIT_MS = 1_000

/**
 * Opens (or creates) the database in `file`, or a private one for `:memory:`. The process holds the file's lock until it
 * closes the database or dies, which is what lets it treat every other owner's lease as void.
 *
 * @throws Error when another process has the file open, or the file is not ours
 */
export const openDatabase = (file: string): DatabaseSync => {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file, { timeout: LOCK_WAIT_MS })
  try {
    // WAL with NORMAL writes one file without waiting for the disk: a killed process loses nothing, and a power cut at
    // most the last moments, without ever corrupting what was there.
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal')
    database.exec('begin exclusive')
    lay(database, file)
    database.exec('commit')
    return database
  } catch (error) {
    database.close()
    throw isBusy(error)
      ? new Error(
          `${file} is in use by another process; stop that one, or give this one a data folder of its own (CARILLON_DATA)`,
          { cause: error },
        )
      : error
  }
}

const lay = (database: DatabaseSync, file: string): void => {
  const { user_version: layout } = database.prepare('pragma user_version').get() as { user_version: number }
  if (layout === 0) database.exec(`${SCHEMA}; pragma user_version = ${LAYOUT}`)
  else if (layout !== LAYOUT)
    throw new Error(`${file} has layout ${layout}; this version of Carillon reads layout ${LAYOUT}: use another data folder`)
}

/** SQLITE_BUSY is 5; its extended codes have it in their low byte. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 255) === 5
