import type { Scope } from './gate/requirements.ts'
import type { GateLimits } from './gate/row.ts'
import type { Instant } from './instant.ts'
import type { Effect } from './row/effect.ts'
import type { Json } from './row/json.ts'
import { timePlace } from './row/list.ts'

/** Who commanded what, of a task, of an operation, or of a scope of the tenant. */
export type AuditEntry = {
  readonly at: Instant
  readonly by: string
  /** The verb. */
  readonly what: string
  readonly task?: string
  readonly operation?: string
  readonly scope?: Scope
  readonly reason?: string
  /** The states before and after. */
  readonly from?: string
  readonly to?: string
  /** The time that the task was given. */
  readonly notBefore?: Instant
  /** Of a limit: what has been said. */
  readonly limits?: GateLimits
}

/** Is it a person, or a program of theirs, that speaks through the API, and not Carillon itself? */
export const isPerson = (by: string): boolean => by.startsWith('user:')

/**
 * The entry in a tenant's audit. Its place is made of what it tells of and of the version that was written, so that a
 * change that is relayed twice is noted once.
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
