import type { DatabaseSync } from 'node:sqlite'
import type { DurationMs } from '../../core/duration.ts'
import { keyText } from '../../core/row/key.ts'
import type { Change } from '../../engine/message.ts'
import type { Ticker } from './clock.ts'
import type { Commits } from './commits.ts'
import { LIMIT } from './database.ts'
import { readRow } from './rows.ts'

/** The consumer of the changes, and what happens when a delivery fails. */
export type Follower = {
  /** Handles one change; resolves when it is processed. */
  readonly deliver: (change: Change) => Promise<void>
  readonly ticker: Ticker
  /** Receives a change whose `tries` deliveries all failed. When this resolves, the change leaves the feed. */
  readonly onDead: (change: Change, tries: number, error: unknown) => Promise<void>
  /** Deliveries of one change before it is dead. @default 100 */
  readonly tries?: number
  /** Delay before the second delivery; it doubles with each further one, up to a minute. @default 200 */
  readonly retryMs?: DurationMs
  /** A delivery that takes longer counts as failed. @default no timeout, since a worker in this process does not die alone */
  readonly timeoutMs?: DurationMs
}

/** The feed of committed changes: the counterpart of the DynamoDB stream on AWS. */
export type Feed = {
  /** Writes a change. Call it inside the transaction that makes the change. */
  readonly append: (before: string | null, after: string | null) => void
  /** Starts a delivery. Call it after that transaction. */
  readonly notify: () => void
  /**
   * Delivers every change at least once: changes of one row in order and one at a time, changes of different rows
   * concurrently. Changes that were not processed before the last follower stopped (or died) are delivered again.
   * Returns a function that stops the delivery.
   */
  readonly follow: (follower: Follower) => () => void
  /** Number of changes that are not processed. */
  readonly count: () => number
}

/** Most changes in flight: enough to process many due tasks concurrently, few enough to fit in memory. */
const IN_FLIGHT_COUNT = 1_000
/** Processed changes are deleted in groups of this size while others are in flight, and at once when none is. */
const TRIM_COUNT = 200
const LONGEST_RETRY_MS = 60_000

type Entry = { readonly seq: number; readonly change: Change; tries: number }

/** Makes the feed of a database. */
export const feedOf = (database: DatabaseSync, commits: Commits): Feed => {
  const insert = database.prepare('insert into feed (seq, before, after) values (?, ?, ?)')
  const next = database.prepare(`select seq, before, after from feed where seq > ? order by seq ${LIMIT}`)
  const drop = database.prepare('delete from feed where seq = ?')
  const total = database.prepare('select count(*) as count from feed')
  // Counted here: SQLite restarts at 1 when the feed has run empty, and followers would then miss changes.
  let last = (database.prepare('select coalesce(max(seq), 0) as last from feed').get() as { last: number }).last
  let notify = () => {}

  const follow = ({ deliver, ticker, onDead, tries = 100, retryMs = 200, timeoutMs }: Follower): (() => void) => {
    /** Rows with a change in flight, and the later changes of the same row. */
    const busy = new Map<string, Entry[]>()
    const finished: number[] = []
    let inFlightCount = 0
    let cursor = 0
    let isScheduled = false
    let hasMore = true
    let stopped = false

    const schedulePoll = (): void => {
      if (isScheduled || stopped) return
      isScheduled = true
      ticker.at(ticker.now(), poll)
    }

    const poll = (): void => {
      isScheduled = false
      const room = IN_FLIGHT_COUNT - inFlightCount
      hasMore = room === 0
      if (stopped || hasMore) return
      // A change that may still be rolled back must not be delivered.
      commits.flush()
      const page = next.all(cursor, room) as Stored[]
      hasMore = page.length === room
      for (const { seq, before, after } of page) {
        cursor = seq
        inFlightCount++
        const entry = { seq, change: changeOf(before, after), tries: 0 }
        const key = rowOf(entry.change)
        const later = busy.get(key)
        if (later) later.push(entry)
        else {
          busy.set(key, [])
          void processEntry(key, entry)
        }
      }
    }

    const processEntry = async (key: string, entry: Entry): Promise<void> => {
      entry.tries++
      try {
        await withTimeout(deliver(entry.change))
      } catch (error) {
        if (stopped) return
        if (entry.tries < tries) return void retryLater(key, entry)
        try {
          await onDead(entry.change, entry.tries, error)
        } catch {
          return void retryLater(key, entry)
        }
      }
      if (!stopped) finish(key, entry)
    }

    const retryLater = (key: string, entry: Entry) =>
      ticker.at(ticker.now() + Math.min(LONGEST_RETRY_MS, retryMs * 2 ** Math.min(entry.tries - 1, 20)), () => {
        if (!stopped) void processEntry(key, entry)
      })

    const withTimeout = (delivery: Promise<void>): Promise<void> => {
      if (timeoutMs === undefined) return delivery
      return new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`the change was not processed within ${timeoutMs} ms`))
        const cancel = ticker.at(ticker.now() + timeoutMs, fail)
        delivery.then(resolve, reject).finally(cancel)
      })
    }

    const finish = (key: string, entry: Entry): void => {
      inFlightCount--
      finished.push(entry.seq)
      const later = busy.get(key)?.shift()
      if (later) void processEntry(key, later)
      else busy.delete(key)
      if (inFlightCount === 0 || finished.length >= TRIM_COUNT) trim()
      if (hasMore) schedulePoll()
    }

    const trim = (): void => {
      const seqs = finished.splice(0)
      // Changes that cannot be deleted are delivered again after the next start. The next write reports the cause.
      commits.write(() => seqs.forEach((seq) => void drop.run(seq))).catch(() => {})
    }

    notify = schedulePoll
    schedulePoll()
    return () => {
      stopped = true
      notify = () => {}
      if (finished.length > 0 && database.isOpen) trim()
    }
  }

  return {
    append: (before, after) => void insert.run(++last, before, after),
    notify: () => notify(),
    follow,
    count: () => (total.get() as { count: number }).count,
  }
}

type Stored = { readonly seq: number; readonly before: string | null; readonly after: string | null }

const changeOf = (before: string | null, after: string | null): Change => ({
  ...(before === null ? {} : { before: readRow(before) }),
  ...(after === null ? {} : { after: readRow(after) }),
})

const rowOf = ({ before, after }: Change): string => {
  const row = after ?? before
  return row ? keyText(row) : ''
}
