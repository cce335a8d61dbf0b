import { defined } from '../defined.ts'
import type { Controls, Scope } from '../gate/requirements.ts'
import type { Control, GateLimits, Pause } from '../gate/row.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Stamp } from '../row/stamp.ts'

/** Commands of API callers for one scope of a tenant. */
export type ControlCommand =
  | (Stamp & { readonly name: 'pause'; readonly scope: Scope })
  | (Stamp & { readonly name: 'resume'; readonly scope: Scope })
  /** Replaces the limits of task types and deployment; empty limits restore those. */
  | (Stamp & { readonly name: 'limit'; readonly scope: Scope; readonly limits: GateLimits })

/**
 * The controls of a tenant after a command. A scope whose control was removed keeps its revision, so that a reader with an
 * older control learns that it is outdated.
 */
export const decideControls = (controls: Controls, command: ControlCommand, revision: number): Controls | Refusal => {
  const { scope } = command
  const { paused, revision: _, ...limits } = controls[scope] ?? { revision: 0 }
  if (!(scope in controls) && Object.keys(controls).length >= LIMITS.controlsCount) {
    const most = LIMITS.controlsCount
    return refuse('invalid', `${Object.keys(controls).length} scopes have a control already; a tenant has at most ${most}`, {
      path: '/path/scope',
    })
  }
  const withControl = (control: Control): Controls => ({ ...controls, [scope]: { ...control, revision } })
  switch (command.name) {
    case 'pause':
      return paused
        ? refuse('unchanged', `${scope} is paused already, by ${paused.by}`)
        : withControl({ ...limits, paused: pauseOf(command) })
    case 'resume':
      return paused ? withControl(limits) : refuse('unchanged', `${scope} is not paused`)
    case 'limit':
      return isSame(limits, command.limits)
        ? refuse('unchanged', `${scope} has these limits already`)
        : withControl({ ...command.limits, ...defined({ paused }) })
  }
}

const isSame = (a: GateLimits, b: GateLimits): boolean =>
  a.limit === b.limit && a.rate?.count === b.rate?.count && a.rate?.periodMs === b.rate?.periodMs

const pauseOf = ({ at, by, reason }: Stamp): Pause => ({ at, by, ...(reason ? { reason } : {}) })
