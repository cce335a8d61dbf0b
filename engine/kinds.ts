import type { Kind, Row, RowOf } from '../core/kinds.ts'
import type { Refusal } from '../core/refusal.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { App, ControlApp, SweepApp } from './app.ts'
import { handleTaskDeadLetter, repairTask, restartTask } from './execute/recovery.ts'
import { dispatchGate } from './gate/dispatch.ts'
import type { DeadLetter, Delivery } from './message.ts'
import type { Needs } from './needs.ts'
import { runOperation } from './operations.ts'

/** What the engine does for the rows of a kind that has wake-ups. Every part has a default that fits most kinds. */
export type EngineKind<Of extends Row = Row> = {
  /**
   * Does what a nudge asks for; answers why there was nothing to do. It runs on the control lane. Absent: the nudges of
   * this kind travel on lanes of executors, and `execute` handles them.
   */
  readonly wake?: (world: Needs<'control'>, app: ControlApp, nudge: Nudge) => Promise<Refusal | undefined>
  /** Handles a dead letter that names such a row. @default the nudge is sent again after `LIMITS.redeliveryWaitMs` */
  readonly onDeadLetter?: (
    world: Needs<'bury'>,
    app: Pick<App, 'retentionMs'>,
    nudge: Nudge,
    deadLetter: DeadLetter,
  ) => Promise<Delivery>
  /** Repairs an overdue row; answers false when nothing was lost. @default the row's wake-up is performed again */
  readonly repair?: (world: Needs<'sweep'>, app: SweepApp, row: Of) => Promise<boolean>
  /** Wakes an open row after a restart of the only process. @default the row's wake-up is performed again */
  readonly restart?: (world: Needs<'sweep'>, row: Of) => Promise<unknown>
}

/** One entry for each kind that has wake-ups. A new kind that is woken is one line here. */
export const engineKinds: { readonly [Of in Kind]?: EngineKind<RowOf<Of>> } = {
  task: { onDeadLetter: handleTaskDeadLetter, repair: repairTask, restart: restartTask },
  gate: { wake: (world, _, nudge) => dispatchGate(world, nudge) },
  operation: { wake: runOperation },
}

/** The entry of a kind; undefined for a name that is none, as a message from elsewhere may have. */
export const engineKindOf = (kind: string): EngineKind | undefined =>
  Object.hasOwn(engineKinds, kind) ? (engineKinds[kind as Kind] as EngineKind) : undefined

/** The kinds that are woken on the control lane. */
export const controlKinds = (): readonly string[] => Object.keys(engineKinds).filter((kind) => engineKindOf(kind)?.wake)
