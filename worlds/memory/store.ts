import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../core/instant.ts'
import type { Row } from '../../core/kinds.ts'
import type { Key } from '../../core/row/key.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Store } from '../../engine/world.ts'
import { type Commits, commitsOf } from './commits.ts'
import { openDatabase } from './database.ts'
import { type Feed, feedOf } from './feed.ts'
import { documentsOf, entriesOf } from './lists.ts'
import { indexesOf, OPEN, readRow, rowsOf } from './rows.ts'

/** The store on SQLite, and what only a store in one process can offer. */
export type MemoryStore = Store & {
  /** Has every committed change delivered: see `Feed`. One follower at a time. */
  readonly follow: Feed['follow']
  /** Deletes what is past its `forgetAt` at `now`; answers how many rows went. */
  readonly forget: (now: Instant) => Promise<number>
  /** Every task that has still a way to go, in order of creation. */
  readonly openTasks: () => Generator<TaskRow>
  /** Those, and then every other row with a wake-up: what a restart has to wake. */
  readonly openRows: () => Generator<Row>
  /** What there is still to do: open tasks, and changes that nobody has acted on. */
  readonly backlog: () => { readonly openCount: number; readonly changeCount: number }
  /** Lets go of the file. Nothing may be asked of the store afterwards. */
  readonly close: () => void
}

/**
 * Opens the store in a file, or a private one that goes with the process.
 *
 * @param file a path, or `:memory:`
 * @param soon when to commit: what is written until then is committed together. By default at the end of the present
 *   microtasks; a server may prefer the end of its turn (`setImmediate`)
 * @throws Error when another process has the file open
 * @example const store = memoryStore(':memory:')
 */
export const memoryStore = (file: string, soon: (run: () => void) => void = queueMicrotask): MemoryStore => {
  const database = openDatabase(file)
  const commits = commitsOf(database, soon)
  const feed = feedOf(database, commits)
  return {
    ...rowsOf(database, commits, feed.append, feed.told),
    ...documentsOf(database, commits),
    ...entriesOf(database, commits),
    ...indexesOf(database),
    follow: feed.follow,
    forget: forgetOf(database, commits, feed.append, feed.told),
    ...openOf(database, feed),
    close: () => {
      commits.flush()
      database.close()
    },
  }
}

const PAGE_COUNT = 500

const openOf = (database: DatabaseSync, feed: Feed): Pick<MemoryStore, 'openRows' | 'openTasks' | 'backlog'> => {
  const page = database.prepare('select rowid, body from rows where open = ? and rowid > ? order by rowid limit ?')
  const count = database.prepare('select count(*) as count from rows where open = ?')
  function* rows(open: number): Generator<Row> {
    let after = 0
    while (true) {
      const found = page.all(open, after, PAGE_COUNT) as { rowid: number; body: string }[]
      for (const { body } of found) yield readRow(body)
      if (found.length < PAGE_COUNT) return
      after = found.at(-1)?.rowid ?? after
    }
  }
  const openTasks = () => rows(OPEN.task) as Generator<TaskRow>
  return {
    openTasks,
    *openRows() {
      yield* openTasks()
      yield* rows(OPEN.other)
    },
    backlog: () => ({ openCount: (count.get(OPEN.task) as { count: number }).count, changeCount: feed.count() }),
  }
}

/** Rows and documents that one transaction forgets: few enough that nobody waits long behind it. */
const FORGET_PAGE_COUNT = 200

/**
 * Deletes what is past its `forgetAt`, and tells the feed of the rows that went. DynamoDB does this by itself, minutes to
 * days late; here somebody has to call. Answers how many rows went.
 */
export const forgetOf = (
  database: DatabaseSync,
  commits: Commits,
  append: (before: string, after: null) => void,
  told: () => void,
) => {
  const rows = database.prepare('select kind, tenant, id, body from rows where forgetAt <= ? order by forgetAt limit ?')
  const dropRow = database.prepare('delete from rows where kind = ? and tenant = ? and id = ?')
  const dropDocuments = database.prepare('delete from documents where forgetAt <= ?')
  const dropEntries = database.prepare('delete from entries where forgetAt <= ?')

  const forgetPage = (now: Instant): number => {
    const page = rows.all(now, FORGET_PAGE_COUNT) as unknown as (Key & { readonly body: string })[]
    for (const { kind, tenant, id, body } of page) {
      dropRow.run(kind, tenant, id)
      append(body, null)
    }
    return page.length
  }

  return async (now: Instant): Promise<number> => {
    let forgotten = 0
    for (let page = FORGET_PAGE_COUNT; page === FORGET_PAGE_COUNT; forgotten += page) {
      page = await commits.write(() => forgetPage(now))
      if (page > 0) told()
    }
    await commits.write(() => {
      dropDocuments.run(now)
      dropEntries.run(now)
    })
    return forgotten
  }
}
