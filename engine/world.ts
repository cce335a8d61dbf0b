import type { DurationMs } from '../core/duration.ts'
import type { Instant } from '../core/instant.ts'
import type { KeyOf, Kind, Row, RowOf } from '../core/kinds.ts'
import type { Entry, ListKey } from '../core/row/list.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { Place } from '../core/row/place.ts'
import type { TaskEvent } from '../core/task/event.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { TenantRow } from '../core/tenant/row.ts'

/** The outside world on one page. Everything here may fail by throwing (a *fault*), before or after it took effect. */
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

/** Rows, and documents and ordered lists beside them. Two verbs do all the work: a consistent get and a conditional put. */
export type Store = {
  /** The row as it is now (strongly consistent). */
  readonly get: <Of extends Kind>(key: KeyOf<Of>) => Promise<RowOf<Of> | undefined>
  /**
   * Writes the whole row if the stored version is still `expected` (0: there is none). Otherwise nothing is written and
   * the row that won is answered. Index places follow from `placesOf` and `watchOf`; rows past `forgetAt` go by themselves.
   */
  readonly put: (row: Row, expected: number) => Promise<Put>
  /** Several tasks, consistent, in the order asked for; those that do not exist are left out. */
  readonly getTasks: (tenant: string, ids: readonly string[]) => Promise<readonly TaskRow[]>

  /**
   * Keeps a text beside a task until `forgetAt`, or for ever; a store may be late to forget. What is put last stands: names
   * are digests of their content, so the same name again can but change how long it is kept.
   */
  readonly putDocument: (tenant: string, taskId: string, name: string, text: string, forgetAt?: Instant) => Promise<void>
  readonly getDocument: (tenant: string, taskId: string, name: string) => Promise<string | undefined>
  readonly dropDocument: (tenant: string, taskId: string, name: string) => Promise<void>

  /** Puts an entry, until `forgetAt` or for ever; at a place that is taken, it replaces what stood there. */
  readonly putEntry: (list: ListKey, entry: Entry, forgetAt?: Instant) => Promise<void>
  /** Drops an entry; one that is not there is no error. */
  readonly dropEntry: (list: ListKey, at: string) => Promise<void>
  /** Entries in the order of their places, strictly beyond `after` in that order; earliest first by default. Strongly consistent. */
  readonly entries: (list: ListKey, query: EntryQuery) => Promise<readonly Entry[]>

  /** A tenant's tasks by nominal time (`notBefore`), then id. Eventually consistent. */
  readonly agenda: (query: AgendaQuery) => Promise<readonly Place[]>
  /** Watched wake-ups of all tenants before `until`, earliest first. Eventually consistent. */
  readonly watched: (query: {
    readonly until: Instant
    readonly after?: WatchPlace
    readonly limit: number
  }) => Promise<readonly WatchPlace[]>
  /** All tenants by name. */
  readonly tenants: (query: { readonly after?: string; readonly limit: number }) => Promise<readonly TenantRow[]>
}

/** What a conditional put answers: written, or the row that stands there instead. */
export type Put = { readonly written: true } | { readonly written: false; readonly winner: Row | undefined }

export type { Entry, ListKey }

export type EntryQuery = { readonly after?: string; readonly order?: 'earliest' | 'latest'; readonly limit: number }

export type { Place }
/** A place on the watch, which is over all tenants and kinds of rows. */
export type WatchPlace = Place & KeyOf<Kind>

export type AgendaQuery = {
  readonly tenant: string
  /** `latest` first for lists, `earliest` first for the sweep. */
  readonly order: 'latest' | 'earliest'
  /** `from` ≤ at < `to`. */
  readonly from?: Instant
  readonly to?: Instant
  /** Only places strictly beyond this one, in the given order. */
  readonly after?: Place
  /** Only tasks that want attention for this reason: a sparse index, so it is cheap. */
  readonly attention?: 'failed' | 'conflicted' | 'waiting' | 'expired'
  readonly limit: number
}

/** Timers fire once at or soon after `at`, possibly twice, and put the nudge on its lane's queue. */
export type Timers = {
  /** Arming a name again is no error and changes nothing: a name says when. `at` must be in the future. */
  readonly arm: (timer: { readonly name: string; readonly at: Instant; readonly nudge: Nudge }) => Promise<void>
  /** A timer that is not there any more is no error. */
  readonly disarm: (name: string) => Promise<void>
}

/** Lanes. A message may come late, twice or out of order. */
export type Queue = {
  /** `delayMs` is 0 to `LIMITS.queueDelayMs`; a world may round it up to its granularity (a second on AWS), never down. */
  readonly send: (nudge: Nudge, delayMs: DurationMs) => Promise<void>
}

/** Where lifecycle events go. */
export type Bus = { readonly publish: (events: readonly TaskEvent[]) => Promise<void> }

export type Clock = {
  readonly now: () => Instant
  /** Resolves after `ms`, or as soon as the signal fires; never rejects. */
  readonly sleep: (ms: DurationMs, signal?: AbortSignal) => Promise<void>
}

/** Names that are unique everywhere: 26 characters of `0-9a-z`. */
export type Ids = { readonly next: () => string }

/** One structured line. */
export type Log = Readonly<
  Record<'info' | 'warn' | 'error', (message: string, fields?: Readonly<Record<string, unknown>>) => void>
>

/** Metrics; the dimensions are lane and type and nothing else, because each combination of values is billed. */
export type Meter = {
  readonly add: (metric: Metric, value: number, of: { readonly lane?: string; readonly type?: string }) => void
}

/** `StartLateness` is in milliseconds, the others are counts. */
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
  | 'Superseded'
  | 'Fenced'
  | 'SweepRepairs'
  | 'DeadLetters'
