import type { Scope } from './gate/requirements.ts'
import type { GateLimits } from './gate/row.ts'
import type { Instant } from './instant.ts'
import type { Effect } from './row/effect.ts'
import type { Json } from './row/json.ts'
import { timePlace } from './row/list.ts'

/** A command in the audit list of a tenant: its actor, and its task, bulk operation, calendar or scope. */
export type AuditEntry = {
  readonly at: Instant
  readonly by: string
  /** The verb of the command, such as `cancel` or `pause`. */
  readonly command: string
  readonly task?: string
  readonly operation?: string
  readonly calendar?: string
  readonly series?: string
  readonly scope?: Scope
  readonly reason?: string
  /** The states before and after. */
  readonly from?: string
  readonly to?: string
  /** The new time of the task, when the command changed it. */
  readonly notBefore?: Instant
  /** The limits that a `limit` command set. */
  readonly limits?: GateLimits
}

/** Is the actor a caller of the API (a person or a program), and not Carillon itself? */
export const isPerson = (by: string): boolean => by.startsWith('user:')

/**
 * The effect that appends an entry to a tenant's audit list. The place of the entry contains its subject and the version of
 * the row, so a change that is relayed twice has one entry.
 */
export const auditEffect = (tenant: string, version: number, entry: AuditEntry): Effect => {
  const { at, task, operation, calendar, series, scope } = entry
  const subject = task ?? operation ?? calendar ?? series ?? scope ?? ''
  return {
    kind: 'appendEntries',
    list: { list: 'audit', tenant, id: tenant },
    entries: [{ at: timePlace(at, subject, version), value: entry satisfies Json }],
    since: at,
  }
}
