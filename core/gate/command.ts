import type { Instant } from '../instant.ts'
import type { Stamp } from '../row/stamp.ts'
import type { Control, Terms } from './row.ts'

/** A task wants to pass. `until`: how long its place is believed without looking. */
export type EnterGate = Stamp & {
  readonly name: 'enter'
  readonly task: string
  readonly epoch: number
  readonly until: Instant
  readonly terms: Terms
  readonly control?: Control
  /** Of the control: 0 when nobody has ever said anything. */
  readonly revision: number
}

/** The gate's own work, prepared by who has looked at holders and line: valid only for the version that they looked at. */
export type TurnGate = Stamp & {
  readonly name: 'turn'
  readonly version: number
  /** Holders that have no right to their places any more. */
  readonly gone: readonly string[]
  /** Holders that have, and until when they are believed now. */
  readonly kept: readonly { readonly task: string; readonly until: Instant }[]
  /** The first of the line, in order, who hold no place. */
  readonly first: readonly { readonly task: string; readonly epoch: number }[]
  /** Others wait behind them. */
  readonly more: boolean
  readonly until: Instant
}

/** Everything that can be said to a gate. */
export type GateCommand =
  | EnterGate
  | TurnGate
  /** A task is done with its place. */
  | (Stamp & { readonly name: 'leave'; readonly task: string; readonly epoch: number })
  /** A task stands in line, since this epoch of it. */
  | (Stamp & { readonly name: 'arrive'; readonly task: string; readonly epoch: number })
  /** The tenant's row says something new. */
  | (Stamp & { readonly name: 'control'; readonly control: Control; readonly revision: number })
