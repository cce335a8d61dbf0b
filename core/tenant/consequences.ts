import { auditEffect, isPerson } from '../audit.ts'
import type { Scope } from '../gate/requirements.ts'
import { gateRef } from '../gate/row.ts'
import type { Effect } from '../row/effect.ts'
import type { TenantRow } from './row.ts'

/** What follows from a change of a tenant's row: the gates of which something new is said are told, and it is noted who said it. */
export const tenantConsequences = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] => [
  ...controls(before, after),
  ...audited(before, after),
]

const controls = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] =>
  (Object.keys(after?.controls ?? {}) as Scope[]).flatMap((scope) =>
    before?.controls?.[scope]?.revision === after?.controls?.[scope]?.revision ? [] : controlEffects(after as TenantRow, scope),
  )

/** What the gate of a scope is told: nothing where nobody has ever said anything of it. */
export const controlEffects = (
  { tenant, controls = {} }: TenantRow,
  scope: Scope,
): readonly Extract<Effect, { kind: 'control' }>[] => {
  const current = controls[scope]
  if (!current) return []
  const { revision, ...control } = current
  return [{ kind: 'control', gate: gateRef(tenant, scope), control, revision }]
}

const audited = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] => {
  const command = after?.lastCommand
  if (!after || !command || command.revision === before?.lastCommand?.revision || !isPerson(command.by)) return []
  const { at, by, name, scope, reason, revision } = command
  const more = command.name === 'limit' ? { limits: command.limits } : {}
  return [auditEffect(after.tenant, revision, { at, by, what: name, scope, ...(reason ? { reason } : {}), ...more })]
}
