import type { GateRow } from '../../core/gate/row.ts'
import type { Row } from '../../core/kinds.ts'
import { decideTask } from '../../core/task/decide.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { TenantRow } from '../../core/tenant/row.ts'

/** The time at which the tests start. */
export const NOON = 1_800_000_000_000

/** The first row of a task, made by `decide`. */
export const aTask = (tenant: string, id: string, more: Partial<TaskRow> = {}): TaskRow => {
  const { notBefore = NOON } = more
  const row = decideTask({ kind: 'task', tenant, id }, undefined, {
    name: 'create',
    at: NOON,
    by: 'user:test',
    policy: { type: 'greet', schema: 1, lane: 'normal', timeoutMs: 1_000, retry: { policy: 'none' } },
    input: { inline: { name: 'Ada' } },
    ready: true,
    notBefore,
  }) as TaskRow
  return { ...row, ...more }
}

/** The same row, one commit later. */
export const next = <Of extends Row>(row: Of, changes: Partial<Of> = {}): Of => ({ ...row, ...changes, version: row.version + 1 })

/** A row of a tenant. */
export const aTenant = (id: string): TenantRow => ({
  kind: 'tenant',
  tenant: id,
  id,
  version: 1,
  createdAt: NOON,
  swept: { at: NOON, id: '' },
  visitedUntil: NOON,
})

/** A gate: a row that is neither a task nor a tenant. */
export const aGate = (tenant: string, id: string, more: Partial<GateRow> = {}): GateRow => ({
  kind: 'gate',
  tenant,
  id,
  version: 1,
  epoch: 1,
  updatedAt: NOON,
  limits: { limit: 1 },
  revision: 0,
  holders: [{ task: `${tenant}/a`, epoch: 1, until: NOON }],
  ...more,
})
