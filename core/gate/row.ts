import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Key, partsOf, type Ref, refOf } from '../row/key.ts'

/** At most `count` starts in any period of `periodMs`. */
export type Rate = { readonly count: number; readonly periodMs: DurationMs }

/** The limits of a gate: `limit` tasks at once, `rate` starts in a period. An absent field means unlimited. */
export type GateLimits = { readonly limit?: number; readonly rate?: Rate }

/** The time, author and reason of a pause. */
export type Pause = { readonly at: Instant; readonly by: string; readonly reason?: string }

/** What callers of the API set on a gate: other limits, or a pause, which lets no task start. */
export type Control = GateLimits & { readonly paused?: Pause }

/** A task that holds a place. `task` is `tenant/id`. */
export type Holder = {
  readonly task: string
  /** The epoch of the task when it acquired the place. A late release with an older epoch does not free the place. */
  readonly epoch: number
  /** From then on the gate checks whether the task still needs its place. */
  readonly until: Instant
  /** The gate reserved the place at this time, and the task has not started yet. */
  readonly reservedAt?: Instant
}

/**
 * A gate is a concurrency and rate limit with a waitlist.
 *
 * 1. Before an attempt a task *acquires* a place; after it the task *releases* the place.
 * 2. A full or paused gate, or one whose rate is used up, refuses; the task's row is then stored as blocked at this gate.
 * 3. The task's row is the truth; the waitlist is an ordered list beside the gate, derived from those rows.
 * 4. While a waiting task can be served, the gate has a `dueAt` and a nudge, like a task. No process polls.
 * 5. At `dueAt` the gate *dispatches*: it reserves places for the first tasks of the waitlist, and the engine admits them.
 * 6. A dispatch also checks the holders whose `until` has passed, and frees the places of those that no longer need them.
 */
export type GateRow = Key & {
  readonly kind: 'gate'
  readonly version: number
  /** The version that armed the present wake-up. */
  readonly epoch: number
  readonly updatedAt: Instant
  /** The limits that task types and tasks declare. The last acquire sets them. */
  readonly limits: GateLimits
  /** What the API set. It overrides `limits`. */
  readonly control?: Control
  /** The version of the tenant's row that set `control`. An older control that arrives late is ignored. */
  readonly revision: number
  readonly holders: readonly Holder[]
  /** The last starts, as far back as the rate counts, and the reservations whose tasks have not started yet. */
  readonly starts?: readonly Instant[]
  /**
   * The last start at a gate without `limit`, as `task/epoch`. Otherwise two starts in one millisecond would write the same
   * row: each worker would take the other's write for its own, and one start would count for both.
   */
  readonly lastStart?: string
  /** Tasks may be on the waitlist. */
  readonly waitlist?: true
  /** When the gate must dispatch. */
  readonly dueAt?: Instant
  /** When the store may forget an empty gate. */
  readonly forgetAt?: Instant
}

/** The limits in force: `control` over `limits`. */
export const effectiveLimits = ({ limits, control = {} }: Pick<GateRow, 'limits' | 'control'>): Control => ({
  ...limits,
  ...control,
})

/** Has the gate neither a limit, a rate nor a pause? */
export const isOpenGate = ({ limit, rate, paused }: Control): boolean =>
  limit === undefined && rate === undefined && paused === undefined

/**
 * The number of free places. A gate without `limit` counts only its reservations: otherwise its row would grow without
 * bound when admitted tasks are slow to start.
 */
export const roomIn = (gate: GateRow): number => {
  const { limit } = effectiveLimits(gate)
  if (limit !== undefined) return limit - gate.holders.length
  return LIMITS.gateLimitCount - gate.holders.filter(({ reservedAt }) => reservedAt !== undefined).length
}

/** Are all places taken? */
export const isFull = (gate: GateRow): boolean => roomIn(gate) <= 0

/** When the rate allows the next start; 0 when it allows one now, by the starts on the row. */
export const rateAllowsAt = ({ starts = [] }: Pick<GateRow, 'starts'>, rate: Rate | undefined): Instant => {
  if (!rate) return 0
  const oldest = starts.at(-rate.count)
  return oldest === undefined || starts.length < rate.count ? 0 : oldest + rate.periodMs
}

/** A gate as text: `tenant/id`. */
export type GateRef = Ref

/** The key of a gate from its reference. */
export const gateKey = (ref: GateRef): Key & { readonly kind: 'gate' } => ({ kind: 'gate', ...partsOf(ref) })
/** The reference of a gate. @example gateRef('acme', 'key.prod') // "acme/key.prod" */
export const gateRef = (tenant: string, id: string): GateRef => refOf({ tenant, id })

/** The priority of a task on a waitlist. Source: Business Central's job queue has High, Normal and Low. */
export const PRIORITIES = ['high', 'normal', 'low'] as const
/** A priority. */
export type Priority = (typeof PRIORITIES)[number]

/**
 * By how much a priority moves a task back on the waitlist. A task of higher priority goes first, and no task starves: a task
 * that arrives later than this after a waiting one is placed behind it, whatever its priority.
 */
const HANDICAP_MS: Readonly<Record<Priority, DurationMs>> = {
  high: 0,
  normal: LIMITS.normalHandicapMs,
  low: LIMITS.lowHandicapMs,
}

/** The rank of a task that arrived at `since`; the lowest rank goes first. @example rankOf('low', 0) // 1800000 */
export const rankOf = (priority: Priority, since: Instant): number => since + HANDICAP_MS[priority]

/** A position on the waitlist as text. It sorts by rank, then by task. */
export const waitlistPlace = (rank: number, task: string): string => `${String(rank).padStart(RANK_DIGITS, '0')}#${task}`

/** The task at a position on the waitlist, as `tenant/id`. */
export const taskAtPlace = (place: string): string => place.slice(RANK_DIGITS + 1)

const RANK_DIGITS = 16
