import type { Instant } from '../core/instant.ts'

/** A message of a lane, as delivered. */
export type Message = {
  /** The delivery's id, unique within its batch. */
  readonly id: string
  readonly body: string
  /** Number of deliveries, including this one. It differs from the number of attempts: a refused delivery counts too. */
  readonly receiveCount: number
  /** When the function that handles the message is killed; absent when unknown. */
  readonly deadlineAt?: Instant
  /** Tells that the process stops; absent where it is never told. */
  readonly stop?: Stop
}

/** An orderly stop of a process (`worlds/local`: SIGTERM or Ctrl-C). */
export type Stop = {
  /** Fires when the stop begins. From then on the process starts no attempt. */
  readonly signal: AbortSignal
  /** When attempts that still run are interrupted; read after the signal has fired. */
  readonly interruptsAt: () => Instant
}

/** The answer to the queue: delete the message, or let it become visible again after the lane's visibility timeout. */
export type Delivery = { readonly delivery: 'acknowledge' | 'return' }

/** A message on the dead-letter queue: of a lane, of the timers, of the relay, or of the publisher. */
export type DeadLetter = Message & {
  /** The source of the message: `lane:normal`, `timers`, `relay`, `publish`. */
  readonly source: string
  /** The cause, as far as known. */
  readonly reason?: string
}

/** One committed change of a row. `before` is absent for a creation, `after` for a row that the store has deleted. */
export type Change<Row = import('../core/kinds.ts').Row> = { readonly before?: Row; readonly after?: Row }
