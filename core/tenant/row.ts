import { defined } from '../defined.ts'
import type { Controls, Scope } from '../gate/requirements.ts'
import type { Control, GateLimits, Pause } from '../gate/row.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import { comparePlaces, type Place } from '../row/place.ts'
import type { Stamp } from '../row/stamp.ts'

/** A tenant that has or had tasks, with its controls and the progress of the sweep on its agenda. */
export type TenantRow = Key & {
  readonly kind: 'tenant'
  readonly version: number
  readonly createdAt: Instant
  /** The sweep has passed the agenda up to and including this place: every task there is settled, or on the watch. */
  readonly swept: Place
  /**
   * The sweep visits the agenda of the tenant until it has passed this time; then the field is removed, and the tenant costs
   * the sweep nothing. Each task that only these visits would find has a time before it (`needsVisit`).
   */
  readonly visitedUntil?: Instant
  /** The earliest time of a task that was overdue when the sweep passed it, since the last walk that found none. */
  readonly behind?: Instant
  /** Pauses and limits by scope. Absent when none was ever set. */
  readonly controls?: Controls
  /** The last control command, and the version that it wrote. */
  readonly lastCommand?: ControlCommand & { readonly revision: number }
}

/** The key of a tenant's own row. */
export const tenantKey = (tenant: string): Key & { readonly kind: 'tenant' } => ({ kind: 'tenant', tenant, id: tenant })

/** Every command of a tenant. */
export type TenantCommand =
  /** Creates the row, or extends the visits of the sweep. */
  | { readonly name: 'open'; readonly at: Instant; readonly by: string; readonly visitedUntil?: Instant }
  | { readonly name: 'sweep'; readonly at: Instant; readonly by: string; readonly swept: Place; readonly behind?: Instant }
  | ControlCommand

/** The commands of a tenant. Its visits are only extended, its sweep only moves forward, and the visits end behind it. */
export const decideTenant = (key: Key, row: TenantRow | undefined, command: TenantCommand): TenantRow | Refusal => {
  if (command.name === 'open') {
    const { at, visitedUntil } = command
    // A day back, because clocks differ; no earlier task exists.
    if (!row)
      return {
        ...tenantKey(key.tenant),
        version: 1,
        createdAt: at,
        swept: { at: at - DAY, id: '' },
        ...defined({ visitedUntil }),
      }
    if (visitedUntil === undefined || visitedUntil <= (row.visitedUntil ?? Number.NEGATIVE_INFINITY))
      return refuse('exists', `tenant ${row.tenant} exists already`)
    return { ...row, version: row.version + 1, visitedUntil }
  }
  if (!row) return refuse('unknown', `tenant ${key.tenant} does not exist`)
  if (command.name !== 'sweep') {
    const version = row.version + 1
    const controls = decideControls(row.controls ?? {}, command, version)
    return isRefusal(controls) ? controls : { ...row, version, controls, lastCommand: { ...command, revision: version } }
  }
  const { swept, behind } = command
  if (comparePlaces(swept, row.swept) < 0)
    return refuse('superseded', `the sweep of tenant ${row.tenant} is past this place already`)
  const { behind: _, visitedUntil, ...rest } = row
  const isIdle = behind === undefined && (visitedUntil === undefined || swept.at >= visitedUntil)
  return {
    ...rest,
    version: row.version + 1,
    swept,
    ...defined({ behind }),
    ...(isIdle ? {} : defined({ visitedUntil })),
  }
}

const DAY = 86_400_000

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
