import { defined } from '../defined.ts'
import type { Controls } from '../gate/requirements.ts'
import type { Instant } from '../instant.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import { comparePlaces, type Place } from '../row/place.ts'
import { type ControlCommand, decideControls } from './controls.ts'

/** A tenant that has, or had, tasks: what the sweep walks along, and how far it has come on this tenant's agenda. */
export type TenantRow = Key & {
  readonly kind: 'tenant'
  readonly version: number
  readonly createdAt: Instant
  /** Everything on the agenda up to and including this place is settled. */
  readonly swept: Place
  /** Where a walk had to stop that was longer than one sweep may be: the next one goes on there. */
  readonly reached?: Place
  /** What has been paused and limited. Absent where nobody ever has. */
  readonly controls?: Controls
  /** The last of these words, and the version that it made. */
  readonly lastCommand?: ControlCommand & { readonly revision: number }
}

/** The key of a tenant's own row. */
export const tenantKey = (tenant: string): Key & { readonly kind: 'tenant' } => ({ kind: 'tenant', tenant, id: tenant })

/** Everything that can be said to a tenant. */
export type TenantCommand =
  | { readonly name: 'open'; readonly at: Instant; readonly by: string }
  | { readonly name: 'sweep'; readonly at: Instant; readonly by: string; readonly swept: Place; readonly reached?: Place }
  | ControlCommand

/** The rule for tenants: opened once, swept forwards only, and paused and limited as people say. */
export const decideTenant = (key: Key, row: TenantRow | undefined, command: TenantCommand): TenantRow | Refusal => {
  if (command.name === 'open') {
    if (row) return refuse('exists', `tenant ${row.tenant} is open already`)
    // From a day before: clocks differ, and nothing was there earlier than that.
    return { ...tenantKey(key.tenant), version: 1, createdAt: command.at, swept: { at: command.at - DAY, id: '' } }
  }
  if (!row) return refuse('unknown', `there is no tenant ${key.tenant}`)
  if (command.name !== 'sweep') {
    const version = row.version + 1
    const controls = decideControls(row.controls ?? {}, command, version)
    return isRefusal(controls) ? controls : { ...row, version, controls, lastCommand: { ...command, revision: version } }
  }
  const { swept, reached } = command
  if (comparePlaces(swept, row.swept) < 0) return refuse('superseded', `tenant ${row.tenant} has been swept further already`)
  const { reached: _, ...rest } = row
  return { ...rest, version: row.version + 1, swept, ...defined({ reached }) }
}

const DAY = 86_400_000
