import type { Instant } from '../instant.ts'
import type { Stamp } from '../row/stamp.ts'
import type { Control, GateLimits } from './row.ts'

/** A task requests a place. `until`: the gate trusts the place until then without reading the task. */
export type AcquireGate = Stamp & {
  readonly name: 'acquire'
  readonly task: string
  readonly epoch: number
  readonly until: Instant
  readonly limits: GateLimits
  readonly control?: Control
  /** Revision of `control`; 0 when no control was ever set. */
  readonly revision: number
}

/** The gate's own work. The worker that read holders and waitlist prepared it; it is valid only for the version that was read. */
export type DispatchGate = Stamp & {
  readonly name: 'dispatch'
  readonly version: number
  /** Tasks that lose their places. */
  readonly expired: readonly string[]
  /** Tasks that keep their places, with the new time until which the gate trusts them. */
  readonly renewed: readonly { readonly task: string; readonly until: Instant }[]
  /** The first tasks of the waitlist, in order, without those that hold a place. */
  readonly candidates: readonly { readonly task: string; readonly epoch: number }[]
  /** More tasks wait behind the candidates. */
  readonly hasMore: boolean
  readonly until: Instant
}

/** Every command of a gate. */
export type GateCommand =
  | AcquireGate
  | DispatchGate
  /** A task gives back its place. */
  | (Stamp & { readonly name: 'release'; readonly task: string; readonly epoch: number })
  /** A task has joined the waitlist at this epoch of its row. */
  | (Stamp & { readonly name: 'enqueue'; readonly task: string; readonly epoch: number })
  /** The control on the tenant's row has changed. */
  | (Stamp & { readonly name: 'control'; readonly control: Control; readonly revision: number })
