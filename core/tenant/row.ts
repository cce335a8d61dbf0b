import { defined } from '../defined.ts'
import type { Controls } from '../gate/requirements.ts'
import type { Instant } from '../instant.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import { comparePlaces, type Place } from '../row/place.ts'
import { type ControlCommand, decideControls } from './controls.ts'

/** A tenant that has or had tasks, with its controls and the progress of the sweep on its agenda. */
export type TenantRow = Key & {
  readonly kind: 'tenant'
  readonly version: number
  readonly createdAt: Instant
  /** The sweep has handled the agenda up to and including this place. */
  readonly swept: Place
  /** Where the last sweep stopped at its page limit. The next sweep continues there. */
  readonly reached?: Place
  /** Pauses and limits by scope. Absent when none was ever set. */
  readonly controls?: Controls
  /** The last control command, and the version that it wrote. */
  readonly lastCommand?: ControlCommand & { readonly revision: number }
}

/** The key of a tenant's own row. */
export const tenantKey = (tenant: string): Key & { readonly kind: 'tenant' } => ({ kind: 'tenant', tenant, id: tenant })

/** Every command of a tenant. */
export type TenantCommand =
  | { readonly name: 'open'; readonly at: Instant; readonly by: string }
  | { readonly name: 'sweep'; readonly at: Instant; readonly by: string; readonly swept: Place; readonly reached?: Place }
  | ControlCommand

/** The commands of a tenant. It is opened once, and its sweep only moves forward. */
export const decideTenant = (key: Key, row: TenantRow | undefined, command: TenantCommand): TenantRow | Refusal => {
  if (command.name === 'open') {
    if (row) return refuse('exists', `tenant ${row.tenant} exists already`)
    // A day back, because clocks differ; no earlier task exists.
    return { ...tenantKey(key.tenant), version: 1, createdAt: command.at, swept: { at: command.at - DAY, id: '' } }
  }
  if (!row) return refuse('unknown', `tenant ${key.tenant} does not exist`)
  if (command.name !== 'sweep') {
    const version = row.version + 1
    const controls = decideControls(row.controls ?? {}, command, version)
    return isRefusal(controls) ? controls : { ...row, version, controls, lastCommand: { ...command, revision: version } }
  }
  const { swept, reached } = command
  if (comparePlaces(swept, row.swept) < 0)
    return refuse('superseded', `the sweep of tenant ${row.tenant} is past this place already`)
  const { reached: _, ...rest } = row
  return { ...rest, version: row.version + 1, swept, ...defined({ reached }) }
}

const DAY = 86_400_000
