import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import type { Key } from '../row/key.ts'

/** So many starts in any stretch of this length. */
export type Rate = { readonly count: number; readonly periodMs: DurationMs }

/** What a gate lets through: so many at once, so many in a period. Absent is unlimited. */
export type GateLimits = { readonly limit?: number; readonly rate?: Rate }

/** Who has stopped something, when and why. */
export type Pause = { readonly at: Instant; readonly by: string; readonly reason?: string }

/** What people have said of a gate since it was built: other terms, or that nothing may pass. */
export type Control = GateLimits & { readonly paused?: Pause }

/** Somebody inside: a task, as `tenant/id`. */
export type Holder = {
  readonly task: string
  /** The epoch of the task when it came in: an older one that leaves late does not take the place with it. */
  readonly epoch: number
  /** From then on the gate looks whether the task is still entitled to its place. */
  readonly until: Instant
  /** Called from the line at this time, and not yet come. */
  readonly reservedAt?: Instant
}

/**
 * A gate: who is inside, on what terms, and whether somebody waits.
 *
 * Whoever wants to pass *enters*; a full, paused or exhausted gate refuses, and then the task's own row says that it is
 * blocked here. That row is the truth; the line beside the gate is made from it and read in order. Whoever is done
 * *leaves*. Whenever there is something to do for those who wait, the gate has a `dueAt` like a task, and a nudge that
 * wakes it: then it is *turned*, which calls the first of the line. Nobody polls.
 */
export type GateRow = Key & {
  readonly kind: 'gate'
  readonly version: number
  /** The version that armed the present wake-up. */
  readonly epoch: number
  readonly updatedAt: Instant
  /** What the task types and callers who use the gate say. The last one stands. */
  readonly limits: GateLimits
  /** What has been said of it through the API. It outranks the terms. */
  readonly control?: Control
  /** The version of the tenant's row that said so: an older saying that comes late is not heard. */
  readonly revision: number
  readonly holders: readonly Holder[]
  /** When the last ones came in, as far back as the rate reaches, and when those were called who are still to come. */
  readonly starts?: readonly Instant[]
  /**
   * Who came in last where nobody is counted: otherwise two that come in the same millisecond would write the same row,
   * each would take the other's for its own, and one start would count for both.
   */
  readonly lastStart?: string
  /** Somebody may stand in the line. */
  readonly waitlist?: true
  /** When the gate has to be turned. */
  readonly dueAt?: Instant
  /** When the store may forget an empty gate. */
  readonly forgetAt?: Instant
}

/** The terms that hold now. */
export const effectiveLimits = ({ limits, control = {} }: Pick<GateRow, 'limits' | 'control'>): Control => ({
  ...limits,
  ...control,
})

/** Does the gate let everybody through? */
export const isOpenGate = ({ limit, rate, paused }: Control): boolean =>
  limit === undefined && rate === undefined && paused === undefined

/** How many places are left. Where nobody is counted, those are who were called and are slow to come, or the row would grow without bound. */
export const roomIn = (gate: GateRow): number => {
  const { limit } = effectiveLimits(gate)
  if (limit !== undefined) return limit - gate.holders.length
  return LIMITS.gateLimitCount - gate.holders.filter(({ reservedAt }) => reservedAt !== undefined).length
}

/** Are all places taken? */
export const isFull = (gate: GateRow): boolean => roomIn(gate) <= 0

/** When the rate lets the next one start: 0 when it does already, as far as the gate knows. */
export const rateAllowsAt = ({ starts = [] }: Pick<GateRow, 'starts'>, rate: Rate | undefined): Instant => {
  if (!rate) return 0
  const oldest = starts.at(-rate.count)
  return oldest === undefined || starts.length < rate.count ? 0 : oldest + rate.periodMs
}

/** A gate as texts name it: whose it is, and which. */
export type GateRef = string

/** The key of a gate by its reference, `tenant/id`. */
export const gateKey = (ref: GateRef): Key & { readonly kind: 'gate' } => {
  const [tenant = '', id = ''] = ref.split('/')
  return { kind: 'gate', tenant, id }
}
export const gateRef = (tenant: string, id: string): GateRef => `${tenant}/${id}`

/** How much a task presses when it has to wait at a gate. Source of the three: the job queue's High, Normal and Low. */
export const PRIORITIES = ['high', 'normal', 'low'] as const
/** One of these. */
export type Priority = (typeof PRIORITIES)[number]

/**
 * How much later than it came a task stands in line. So of two that wait the more important goes first, and yet nobody
 * starves: whoever comes longer than this after a waiting one stands behind it, whatever its priority.
 */
const HANDICAP_MS: Readonly<Record<Priority, DurationMs>> = {
  high: 0,
  normal: LIMITS.normalHandicapMs,
  low: LIMITS.lowHandicapMs,
}

/** Where a task that came at `since` stands: the lower the sooner. @example rankOf('low', 0) // 1800000 */
export const rankOf = (priority: Priority, since: Instant): number => since + HANDICAP_MS[priority]

/** A place in a line as a text that sorts as the ranks do; among equals, by task. */
export const waitlistPlace = (rank: number, task: string): string => `${String(rank).padStart(RANK_DIGITS, '0')}#${task}`

/** The task at a place in a line, as `tenant/id`. */
export const taskAtPlace = (place: string): string => place.slice(RANK_DIGITS + 1)

const RANK_DIGITS = 16
