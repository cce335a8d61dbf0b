import type { DatabaseSync } from 'node:sqlite'
import type { DurationMs } from '../../core/duration.ts'
import { keyText } from '../../core/row/key.ts'
import type { Change } from '../../engine/message.ts'
import type { Ticker } from './clock.ts'
import type { Commits } from './commits.ts'
import { readRow } from './rows.ts'

/** Who hears the changes, and what happens when hearing fails. */
export type Follower = {
  /** Hears one change; resolves when it has been dealt with. */
  readonly deliver: (change: Change) => Promise<void>
  readonly ticker: Ticker
  /** Hears of a change that was not dealt with in `tries` deliveries; afterwards it is gone from the feed. */
  readonly onDead: (change: Change, tries: number, error: unknown) => Promise<void>
  /** Deliveries of one change before it is dead. Default 100. */
  readonly tries?: number
  /** The wait before the second delivery; it doubles, up to a minute. Default 200. */
  readonly retryMs?: DurationMs
  /** A delivery that takes longer counts as failed. Default: never, since in one process nobody dies alone. */
  readonly timeoutMs?: DurationMs
}

/** The feed of committed changes: what DynamoDB's stream is on AWS. */
export type Feed = {
  /** Writes a change; to be called inside the transaction that makes it. */
  readonly append: (before: string | null, after: string | null) => void
  /** To be called after that transaction. */
  readonly told: () => void
  /**
   * Delivers every change at least once: those of one row in order and one at a time, those of different rows side by
   * side. What was not dealt with before the last follower stopped (or died) is delivered again. Answers how to stop.
   */
  readonly follow: (follower: Follower) => () => void
  /** Changes that have not been dealt with. */
  readonly count: () => number
}

/** Changes in hand at once: enough to keep a herd moving, few enough to fit in memory. */
const HELD_COUNT = 1_000
/** Finished entries are deleted this many at a time while others are in hand, and at once when none is. */
const TRIM_COUNT = 200
const LONGEST_RETRY_MS = 60_000

type Entry = { readonly seq: number; readonly change: Change; tries: number }

/** Makes the feed of a database. */
export const feedOf = (database: DatabaseSync, commits: Commits): Feed => {
  const insert = database.prepare('insert into feed (seq, before, after) values (?, ?, ?)')
  const next = database.prepare('select seq, before, after from feed where seq > ? order by seq limit ?')
  const drop = database.prepare('delete from feed where seq = ?')
  const total = database.prepare('select count(*) as count from feed')
  // Counted here: SQLite would start again from 1 whenever the feed has run empty, behind the followers' backs.
  let last = (database.prepare('select coalesce(max(seq), 0) as last from feed').get() as { last: number }).last
  let told = () => {}

  const follow = ({ deliver, ticker, onDead, tries = 100, retryMs = 200, timeoutMs }: Follower): (() => void) => {
    /** Rows with a change in hand, and the changes that wait behind it. */
    const busy = new Map<string, Entry[]>()
    const finished: number[] = []
    let held = 0
    let cursor = 0
    let asked = false
    let more = true
    let stopped = false

    const wake = (): void => {
      if (asked || stopped) return
      asked = true
      ticker.at(ticker.now(), take)
    }

    const take = (): void => {
      asked = false
      const room = HELD_COUNT - held
      more = room === 0
      if (stopped || more) return
      // What might yet be undone must not be acted upon.
      commits.flush()
      const page = next.all(cursor, room) as Stored[]
      more = page.length === room
      for (const { seq, before, after } of page) {
        cursor = seq
        held++
        const entry = { seq, change: changeOf(before, after), tries: 0 }
        const key = rowOf(entry.change)
        const behind = busy.get(key)
        if (behind) behind.push(entry)
        else {
          busy.set(key, [])
          void hand(key, entry)
        }
      }
    }

    const hand = async (key: string, entry: Entry): Promise<void> => {
      entry.tries++
      try {
        await within(deliver(entry.change))
      } catch (error) {
        if (stopped) return
        if (entry.tries < tries) return void later(key, entry)
        try {
          await onDead(entry.change, entry.tries, error)
        } catch {
          return void later(key, entry)
        }
      }
      if (!stopped) done(key, entry)
    }

    const later = (key: string, entry: Entry) =>
      ticker.at(ticker.now() + Math.min(LONGEST_RETRY_MS, retryMs * 2 ** Math.min(entry.tries - 1, 20)), () => {
        if (!stopped) void hand(key, entry)
      })

    const within = (delivery: Promise<void>): Promise<void> => {
      if (timeoutMs === undefined) return delivery
      return new Promise((resolve, reject) => {
        const late = () => reject(new Error(`the change was not dealt with in ${timeoutMs} ms`))
        const callOff = ticker.at(ticker.now() + timeoutMs, late)
        delivery.then(resolve, reject).finally(callOff)
      })
    }

    const done = (key: string, entry: Entry): void => {
      held--
      finished.push(entry.seq)
      const behind = busy.get(key)?.shift()
      if (behind) void hand(key, behind)
      else busy.delete(key)
      if (held === 0 || finished.length >= TRIM_COUNT) trim()
      if (more) wake()
    }

    const trim = (): void => {
      const seqs = finished.splice(0)
      // What cannot be deleted is delivered again after the next start; whoever writes next hears what is wrong.
      commits.write(() => seqs.forEach((seq) => void drop.run(seq))).catch(() => {})
    }

    told = wake
    wake()
    return () => {
      stopped = true
      told = () => {}
      if (finished.length > 0 && database.isOpen) trim()
    }
  }

  return {
    append: (before, after) => void insert.run(++last, before, after),
    told: () => told(),
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
