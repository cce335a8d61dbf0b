import type { Scope } from './gate/requirements.ts'
import type { GateLimits } from './gate/row.ts'
import type { Instant } from './instant.ts'
import type { Effect } from './row/effect.ts'
import type { Json } from './row/json.ts'
import { timePlace } from './row/list.ts'

/** One command of a caller to a task, a bulk operation or a scope of the tenant. */
export type AuditEntry = {
  readonly at: Instant
  readonly by: string
  /** The verb of the command, such as `cancel` or `pause`. */
  readonly what: string
  readonly task?: string
  readonly operation?: string
  readonly scope?: Scope
  readonly reason?: string
  /** The states before and after. */
  readonly from?: string
  readonly to?: string
  /** The new time of the task. */
  readonly notBefore?: Instant
  /** The new limits, for the command `limit`. */
  readonly limits?: GateLimits
}

/** Is the author of a command a caller of the API, and not a worker or Carillon itself? */
export const isPerson = (by: string): boolean => by.startsWith('user:')

/**
 * The effect that adds an entry to a tenant's audit. Its position holds the subject and the written version, so a change that
 * is relayed twice is listed once.
 */
export const auditEffect = (tenant: string, version: number, entry: AuditEntry): Effect => {
  const { at, task, operation, scope } = entry
  const subject = task ?? operation ?? scope ?? ''
  return {
    kind: 'appendEntries',
    list: { list: 'audit', tenant, id: tenant },
    entries: [{ at: timePlace(at, subject, version), value: entry satisfies Json }],
    since: at,
  }
}
