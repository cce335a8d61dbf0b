import type { Kind, Row, RowOf } from '../core/kinds.ts'
import type { Refusal } from '../core/refusal.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { App, ControlApp, SweepApp } from './app.ts'
import { handleTaskDeadLetter, repairTask, restartTask } from './execute/recovery.ts'
import { dispatchGate } from './gate/dispatch.ts'
import type { DeadLetter, Delivery } from './message.ts'
import type { Needs } from './needs.ts'
import { runOperation } from './operations.ts'
import { wakeSeries } from './series.ts'

/** What the engine does for the rows of a kind that has wake-ups. Each part has a default, which suits most kinds. */
export type EngineKind<Of extends Row = Row> = {
  /**
   * Handles a nudge on the control lane; returns a refusal when nothing was to be done. Absent: the nudges of this kind
   * use the executors' lanes, and `execute` handles them.
   */
  readonly wake?: (world: Needs<'control'>, app: ControlApp, nudge: Nudge) => Promise<Refusal | undefined>
  /** Handles a dead letter of a row of this kind. @default the nudge is sent again after `LIMITS.redeliveryWaitMs` */
  readonly onDeadLetter?: (
    world: Needs<'dead-letters'>,
    app: Pick<App, 'retentionMs'>,
    nudge: Nudge,
    deadLetter: DeadLetter,
  ) => Promise<Delivery>
  /** Repairs an overdue row; returns false when nothing was lost. @default the row's wake-up is performed again */
  readonly repair?: (world: Needs<'sweep'>, app: SweepApp, row: Of) => Promise<boolean>
  /** Wakes an open row after a restart of the only process. @default the row's wake-up is performed again */
  readonly restart?: (world: Needs<'sweep'>, row: Of) => Promise<unknown>
}

/** One entry for each kind that has wake-ups. */
export const engineKinds: { readonly [Of in Kind]?: EngineKind<RowOf<Of>> } = {
  task: { onDeadLetter: handleTaskDeadLetter, repair: repairTask, restart: restartTask },
  gate: { wake: (world, _, nudge) => dispatchGate(world, nudge) },
  operation: { wake: runOperation },
  series: { wake: wakeSeries },
}

/** The entry of a kind; undefined for any other name, because a foreign message can contain any name. */
export const engineKindOf = (kind: string): EngineKind | undefined =>
  Object.hasOwn(engineKinds, kind) ? (engineKinds[kind as Kind] as EngineKind) : undefined

/** The kinds that are woken on the control lane. */
export const controlKinds = (): readonly string[] => Object.keys(engineKinds).filter((kind) => engineKindOf(kind)?.wake)
