import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../core/instant.ts'
import type { Row } from '../../core/kinds.ts'
import type { Key } from '../../core/row/key.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Store } from '../../engine/world.ts'
import { type Commits, commitsOf } from './commits.ts'
import { LIMIT, openDatabase } from './database.ts'
import { type Feed, feedOf } from './feed.ts'
import { documentsOf, entriesOf } from './lists.ts'
import { indexesOf, OPEN, readRow, rowsOf } from './rows.ts'

/** The store on SQLite, with the additional operations that a store in one process needs. */
export type MemoryStore = Store & {
  /** Delivers every committed change: see `Feed`. One follower at a time. */
  readonly follow: Feed['follow']
  /** Deletes rows, documents and entries whose `forgetAt` is at or before `now`. Returns the number of deleted rows. */
  readonly forget: (now: Instant) => Promise<number>
  /** Every open task, in order of creation. */
  readonly openTasks: () => Generator<TaskRow>
  /** Every open task, then every other row with a wake-up: the rows that a restart wakes. */
  readonly openRows: () => Generator<Row>
  /** Number of open tasks, and of changes that are not processed. */
  readonly backlog: () => { readonly openCount: number; readonly changeCount: number }
  /** Closes the file. The store must not be used afterwards. */
  readonly close: () => void
}

/**
 * Opens the store in a file, or a private one that lives as long as the process.
 *
 * @param file a path, or `:memory:`
 * @param deferCommit runs the commit; all writes until then are committed together. By default at the end of the current
 *   microtasks; a server may prefer the end of the event loop's turn (`setImmediate`)
 * @throws Error when another process has the file open
 * @example const store = memoryStore(':memory:')
 */
export const memoryStore = (file: string, deferCommit: (run: () => void) => void = queueMicrotask): MemoryStore => {
  const database = openDatabase(file)
  const commits = commitsOf(database, deferCommit)
  const feed = feedOf(database, commits)
  return {
    ...rowsOf(database, commits, feed.append, feed.notify),
    ...documentsOf(database, commits),
    ...entriesOf(database, commits),
    ...indexesOf(database),
    follow: feed.follow,
    forget: forgetOf(database, commits, feed.append, feed.notify),
    ...openOf(database, feed),
    close: () => {
      commits.flush()
      database.close()
    },
  }
}

const PAGE_COUNT = 500

const openOf = (database: DatabaseSync, feed: Feed): Pick<MemoryStore, 'openRows' | 'openTasks' | 'backlog'> => {
  const page = database.prepare(`select rowid, body from rows where open = ? and rowid > ? order by rowid ${LIMIT}`)
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

/** Most rows that one transaction deletes: few enough that other writes do not wait long. */
const FORGET_PAGE_COUNT = 200

/**
 * Deletes rows, documents and entries past their `forgetAt`, and writes the deleted rows into the feed. DynamoDB's time to
 * live does this by itself, minutes to days late; here the process must call it. Returns the number of deleted rows.
 */
const forgetOf = (
  database: DatabaseSync,
  commits: Commits,
  append: (before: string, after: null) => void,
  notify: () => void,
) => {
  const rows = database.prepare(`select kind, tenant, id, body from rows where forgetAt <= ? order by forgetAt ${LIMIT}`)
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
      if (page > 0) notify()
    }
    await commits.write(() => {
      dropDocuments.run(now)
      dropEntries.run(now)
    })
    return forgotten
  }
}
