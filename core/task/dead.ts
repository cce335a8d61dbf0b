import type { Instant } from '../instant.ts'

/** Codes of the errors of tasks that ended because what was to wake them died, and not because of what they did. */
export const DEAD_CODES = ['DeadLettered', 'UnknownLane', 'UnreadableMessage'] as const

/** Did it die on its way? @example isDead('DeadLettered') // true */
export const isDead = (errorCode: string): boolean => (DEAD_CODES as readonly string[]).includes(errorCode)

/** Where a message died, and what is known of it. */
export type Provenance = {
  /** The queue: `lane:normal`, `timers`, `relay`, `publish`; or `lane` for one that an executor could not read. */
  readonly source: string
  /** How often the queue had handed it out. */
  readonly receives: number
  readonly reason?: string
  /** In hex: names the body without repeating it. */
  readonly bodySha256: string
  /** When that was found out. */
  readonly at: Instant
}
