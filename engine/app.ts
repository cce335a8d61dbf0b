import type { Context, TaskType } from '../core/define.ts'
import type { DurationMs } from '../core/duration.ts'
import type { OnFailure } from '../core/failure.ts'
import type { GateLimits } from '../core/gate/row.ts'
import type { Lanes } from '../core/lanes.ts'
import type { CallHandler } from './execute/call.ts'

/** The configuration of a deployment: everything but its world. */
export type App = {
  /** The registered task types, by name. */
  readonly types: ReadonlyMap<string, TaskType>
  readonly lanes: Lanes
  /** How long a finished task is stored. */
  readonly retentionMs: DurationMs
  /** The catch-all: the failure task of each task that names none and whose type names none. */
  readonly onFailure?: OnFailure
  /** The limits of each tenant, unless a control of the tenant overrides them. */
  readonly tenantLimit?: GateLimits
  /** How many open far tasks each tenant may have, about. @default LIMITS.farTasksCount */
  readonly tenantFarTasks?: number | undefined
  /** The name of this environment (`production`, `staging`…); shown in health. */
  readonly environmentId: string
  /**
   * The name of this process, if no other process can hold a lease. A lease of any other owner is then void, so the
   * tasks of a killed process are claimed again at once. Only `worlds/local` sets it: a lock on its file proves it.
   */
  readonly sole?: string
  /** Calls the handler of an attempt. A world isolates the process from its handlers here. @default a direct call */
  readonly callHandler?: CallHandler
  /**
   * Why a handler that was called with this context cannot run, although it is not to blame. An attempt whose time ends then is
   * interrupted, not timed out.
   */
  readonly heldUp?: (context: Context<unknown>) => string | undefined
}

/** The part of the configuration that the control lane uses. It runs no task, so it needs no task types. */
export type ControlApp = Pick<App, 'lanes' | 'retentionMs' | 'environmentId' | 'tenantFarTasks'>

/** The part of the configuration that the sweep uses. */
export type SweepApp = Pick<App, 'lanes' | 'retentionMs'>
