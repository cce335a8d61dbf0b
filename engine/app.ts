import type { TaskType } from '../core/define.ts'
import type { DurationMs } from '../core/duration.ts'
import type { GateLimits } from '../core/gate/row.ts'
import type { Lanes } from '../core/lanes.ts'

/** What a deployment is made of besides its world: what can be done, on which lanes, and how long it is remembered. */
export type App = {
  readonly types: ReadonlyMap<string, TaskType>
  readonly lanes: Lanes
  readonly retentionMs: DurationMs
  /** The catch-all: the type of the task that is submitted when a task has failed for good that names none itself. */
  readonly onFailure?: string
  /** What every tenant is granted, unless something else is said of it. */
  readonly tenantLimit?: GateLimits
  /** Which environment this is (`production`, `staging`…); shown in health. */
  readonly environmentId: string
  /**
   * The name of this process, if it alone can hold leases: any other owner's lease is then void, and what a killed
   * process held is taken up at once. `worlds/local` may say so, because a lock on its file proves it.
   */
  readonly sole?: string
}

/** What the control lane needs to know of the deployment: it runs no task, so no task types. */
export type ControlApp = Pick<App, 'lanes' | 'retentionMs' | 'environmentId'>

/** What the sweep needs to know of the deployment. */
export type SweepApp = Pick<App, 'lanes' | 'retentionMs'>
