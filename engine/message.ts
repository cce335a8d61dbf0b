import type { Instant } from '../core/instant.ts'

/** A message as a lane delivers it. */
export type Message = {
  /** The delivery's id, unique within its batch. */
  readonly id: string
  readonly body: string
  /** How often the queue has handed it out, this time included. Not an attempt count: refusals count too. */
  readonly receiveCount: number
  /** When whoever handles it will be killed, as far as that is known. */
  readonly deadlineAt?: Instant
}

/** What becomes of a message: it is done with, or it comes back after its lane's visibility timeout. */
export type Delivery = { readonly delivery: 'acknowledge' | 'return' }

/** A message that ended on a dead-letter queue: of a lane, of the timers, of the relay, or of the publisher. */
export type DeadLetter = Message & {
  /** Which queue it died on: `lane:normal`, `timers`, `relay`, `publish`. */
  readonly source: string
  /** What is known of why. */
  readonly reason?: string
}

/** One committed change of a row. A missing `before` is a creation; a missing `after` means that the store has forgotten it. */
export type Change<Row = import('../core/kinds.ts').Row> = { readonly before?: Row; readonly after?: Row }
