import type { Instant } from '../instant.ts'
import type { Stamp } from '../row/stamp.ts'
import type { Control, GateLimits } from './row.ts'

/** A task wants to pass. `until`: how long its place is believed without looking. */
export type AcquireGate = Stamp & {
  readonly name: 'acquire'
  readonly task: string
  readonly epoch: number
  readonly until: Instant
  readonly limits: GateLimits
  readonly control?: Control
  /** Of the control: 0 when nobody has ever said anything. */
  readonly revision: number
}

/** The gate's own work, prepared by who has looked at holders and line: valid only for the version that they looked at. */
export type DispatchGate = Stamp & {
  readonly name: 'dispatch'
  readonly version: number
  /** Holders that have no right to their places any more. */
  readonly expired: readonly string[]
  /** Holders that have, and until when they are believed now. */
  readonly renewed: readonly { readonly task: string; readonly until: Instant }[]
  /** The first of the line, in order, who hold no place. */
  readonly candidates: readonly { readonly task: string; readonly epoch: number }[]
  /** Others wait behind them. */
  readonly hasMore: boolean
  readonly until: Instant
}

/** Everything that can be said to a gate. */
export type GateCommand =
  | AcquireGate
  | DispatchGate
  /** A task is done with its place. */
  | (Stamp & { readonly name: 'release'; readonly task: string; readonly epoch: number })
  /** A task stands in line, since this epoch of it. */
  | (Stamp & { readonly name: 'enqueue'; readonly task: string; readonly epoch: number })
  /** The tenant's row says something new. */
  | (Stamp & { readonly name: 'control'; readonly control: Control; readonly revision: number })
