import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../core/instant.ts'
import type { Row } from '../../core/kinds.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Store } from '../../engine/world.ts'
import { commitsOf } from './commits.ts'
import { openDatabase } from './database.ts'
import { type Feed, feedOf } from './feed.ts'
import { documentsOf, entriesOf, forgetOf } from './lists.ts'
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
