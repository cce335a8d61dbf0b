import { defined } from '../defined.ts'
import type { Controls, Scope } from '../gate/requirements.ts'
import type { Control, GateLimits, Pause } from '../gate/row.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Stamp } from '../row/stamp.ts'

/** What people say of a tenant's scopes. */
export type ControlCommand =
  | (Stamp & { readonly name: 'pause'; readonly scope: Scope })
  | (Stamp & { readonly name: 'resume'; readonly scope: Scope })
  /** Other terms than the task types and the deployment say; none to go back to those. */
  | (Stamp & { readonly name: 'limit'; readonly scope: Scope; readonly limits: GateLimits })

/**
 * What is said of a tenant's scopes after a command. A scope of which nothing is said any more is kept with its revision
 * alone: whoever still knows the older saying must find out that it is older.
 */
export const decideControls = (controls: Controls, command: ControlCommand, revision: number): Controls | Refusal => {
  const { scope } = command
  const { paused, revision: _, ...limits } = controls[scope] ?? { revision: 0 }
  if (!(scope in controls) && Object.keys(controls).length >= LIMITS.controlsCount) {
    const most = LIMITS.controlsCount
    return refuse('invalid', `something has been said of ${most} scopes already, which is the most`, { path: '/path/scope' })
  }
  const withControl = (control: Control): Controls => ({ ...controls, [scope]: { ...control, revision } })
  switch (command.name) {
    case 'pause':
      return paused
        ? refuse('unchanged', `${scope} has been paused by ${paused.by} already`)
        : withControl({ ...limits, paused: pauseOf(command) })
    case 'resume':
      return paused ? withControl(limits) : refuse('unchanged', `${scope} is not paused`)
    case 'limit':
      return isSame(limits, command.limits)
        ? refuse('unchanged', `${scope} has these terms already`)
        : withControl({ ...command.limits, ...defined({ paused }) })
  }
}

const isSame = (a: GateLimits, b: GateLimits): boolean =>
  a.limit === b.limit && a.rate?.count === b.rate?.count && a.rate?.periodMs === b.rate?.periodMs

const pauseOf = ({ at, by, reason }: Stamp): Pause => ({ at, by, ...(reason ? { reason } : {}) })
