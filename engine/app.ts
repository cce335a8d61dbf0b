import type { TaskType } from '../core/define.ts'
import type { DurationMs } from '../core/duration.ts'
import type { Lanes } from '../core/lanes.ts'

/** What a deployment is made of besides its world: what can be done, on which lanes, and how long it is remembered. */
export type App = {
  readonly types: ReadonlyMap<string, TaskType>
  readonly lanes: Lanes
  readonly retentionMs: DurationMs
  /** Which environment this is (`production`, `staging`…); shown in health. */
  readonly environmentId: string
  /** This process alone can hold leases, so any other owner's lease is void (`worlds/local`, where a file lock proves it). */
  readonly sole?: true
}
