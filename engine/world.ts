import type { DurationMs } from '../core/duration.ts'
import type { Instant } from '../core/instant.ts'
import type { KeyOf, Kind, Row, RowOf } from '../core/kinds.ts'
import type { Entry, ListKey } from '../core/row/list.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { Place } from '../core/row/place.ts'
import type { TaskEvent } from '../core/task/event.ts'
import type { Attention } from '../core/task/places.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { TenantRow } from '../core/tenant/row.ts'

/**
 * The outside world on one page: each service that the engine uses. `worlds/` has the implementations.
 *
 * Time and ids come in (`clock`, `ids`); rows go both ways (`store`); messages, timers, events, logs and metrics go out.
 * Each call can throw (a *fault*), before or after it took effect, so each step of the engine can safely be repeated.
 */
export type World = {
  readonly store: Store
  readonly timers: Timers
  readonly queue: Queue
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly meter: Meter
}

/** Rows, documents of tasks, and ordered lists. `get` and `put` suffice for all changes of rows; the rest is reading and payloads. */
export type Store = {
  /** The current row. Strongly consistent. */
  readonly get: <Of extends Kind>(key: KeyOf<Of>) => Promise<RowOf<Of> | undefined>
  /**
   * Writes the whole row if the stored version is `expected` (0: no row exists). Otherwise writes nothing and returns the
   * stored row. The places in the indexes follow from `placesOf` and `watchOf`. The store deletes rows after `forgetAt`.
   */
  readonly put: (row: Row, expected: number) => Promise<Put>
  /**
   * Several tasks in the order of `ids`, without those that do not exist. Strongly consistent, unless `mayBeStale`: then a row
   * may be some moments old, or missing although it exists, at half the price.
   */
  readonly getTasks: (tenant: string, ids: readonly string[], mayBeStale?: 'mayBeStale') => Promise<readonly TaskRow[]>

  /**
   * Stores a text beside a task until `forgetAt`, or without end; a store may delete it late. The last put counts. A name
   * is a digest of its content, so a second put of the same name can only change the time-to-live.
   */
  readonly putDocument: (tenant: string, taskId: string, name: string, text: string, forgetAt?: Instant) => Promise<void>
  readonly getDocument: (tenant: string, taskId: string, name: string) => Promise<string | undefined>
  readonly dropDocument: (tenant: string, taskId: string, name: string) => Promise<void>

  /** Puts an entry, until `forgetAt` or without end; replaces an entry at the same place. */
  readonly putEntry: (list: ListKey, entry: Entry, forgetAt?: Instant) => Promise<void>
  /** Drops an entry; a missing entry is no error. */
  readonly dropEntry: (list: ListKey, at: string) => Promise<void>
  /** Entries in the order of their places, strictly after `after` in that order; earliest first by default. Strongly consistent. */
  readonly entries: (list: ListKey, query: EntryQuery) => Promise<readonly Entry[]>

  /** A tenant's tasks by nominal time (`notBefore`), then id. Eventually consistent. */
  readonly agenda: (query: AgendaQuery) => Promise<readonly Place[]>
  /** The watched wake-ups of all tenants before `until`, earliest first. Eventually consistent. */
  readonly watched: (query: {
    readonly until: Instant
    readonly after?: WatchPlace
    readonly limit: number
  }) => Promise<readonly WatchPlace[]>
  /** The tenants that the sweep visits (`visitedUntil`), by name. Eventually consistent. */
  readonly tenants: (query: { readonly after?: string; readonly limit: number }) => Promise<readonly TenantRow[]>
}

/** The result of a conditional put: written, or the row that is stored instead. */
export type Put = { readonly written: true } | { readonly written: false; readonly winner: Row | undefined }

export type { Entry, ListKey }

export type EntryQuery = { readonly after?: string; readonly order?: 'earliest' | 'latest'; readonly limit: number }

export type { Place }
/** A place on the watch. The watch covers all tenants and all kinds of rows. */
export type WatchPlace = Place & KeyOf<Kind>

export type AgendaQuery = {
  readonly tenant: string
  /** `latest` first for lists, `earliest` first for the sweep. */
  readonly order: 'latest' | 'earliest'
  /** `from` ≤ at < `to`. */
  readonly from?: Instant
  readonly to?: Instant
  /** Only places strictly after this one, in the given order. */
  readonly after?: Place
  /** Only tasks that need attention for this reason, or the sample of far ones. The index is sparse, so the query is cheap. */
  readonly attention?: Attention
  readonly limit: number
}

/** A timer fires at or soon after `at`, at least once, and sends the nudge to the queue of its lane. */
export type Timers = {
  /** `at` must be in the future. Arming a name again is no error and changes nothing, because a name has one time. */
  readonly arm: (timer: { readonly name: string; readonly at: Instant; readonly nudge: Nudge }) => Promise<void>
  /** A missing timer is no error. */
  readonly disarm: (name: string) => Promise<void>
}

/** The queues of all lanes. A message can arrive late, more than once, and out of order. */
export type Queue = {
  /** `delayMs` is 0 to `LIMITS.queueDelayMs`; a world may round it up to its granularity (a second on AWS), never down. */
  readonly send: (nudge: Nudge, delayMs: DurationMs) => Promise<void>
  /** About how many messages of a lane could be received now: not those that are delayed, in flight or hidden. */
  readonly backlog: (lane: string) => Promise<number>
}

/** The event bus. */
export type Bus = { readonly publish: (events: readonly TaskEvent[]) => Promise<void> }

export type Clock = {
  readonly now: () => Instant
  /** Resolves after `ms`, or when the signal fires; never rejects. */
  readonly sleep: (ms: DurationMs, signal?: AbortSignal) => Promise<void>
}

/** Globally unique ids: 26 characters of `0-9a-z`. */
export type Ids = { readonly next: () => string }

/** Structured log lines. */
export type Log = Readonly<
  Record<'info' | 'warn' | 'error', (message: string, fields?: Readonly<Record<string, unknown>>) => void>
>

/** Metrics. The only dimensions are lane and type, because each combination of values is billed. */
export type Meter = {
  readonly add: (metric: Metric, value: number, of: { readonly lane?: string; readonly type?: string }) => void
}

/** `StartLateness` and `SweepLag` are in milliseconds; all others are counts. */
export type Metric =
  | 'StartLateness'
  | 'Created'
  | 'Ready'
  | 'Blocked'
  | 'Started'
  | 'Retried'
  | 'Succeeded'
  | 'Failed'
  | 'Conflicted'
  | 'Cancelled'
  | 'Expired'
  | 'Removed'
  | 'FailureTaskCreated'
  | 'FailureTaskFailed'
  | 'OccurrencesSkipped'
  | 'Superseded'
  | 'Fenced'
  | 'SweepRepairs'
  | 'TimersRefused'
  | 'EventsRefused'
  | 'SweepLag'
  | 'DeadLetters'
