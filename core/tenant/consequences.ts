import { auditEffect, isPerson } from '../audit.ts'
import type { Scope } from '../gate/requirements.ts'
import { gateRef } from '../gate/row.ts'
import type { Effect } from '../row/effect.ts'
import type { TenantRow } from './row.ts'

/** Effects of a change of a tenant's row: new controls go to their gates, and the command goes to the audit. */
export const tenantConsequences = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] => [
  ...changedControls(before, after),
  ...auditEntries(before, after),
]

const changedControls = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] =>
  (Object.keys(after?.controls ?? {}) as Scope[]).flatMap((scope) =>
    before?.controls?.[scope]?.revision === after?.controls?.[scope]?.revision ? [] : controlEffects(after as TenantRow, scope),
  )

/** The effect that sends a scope's control to its gate; none when the scope never had a control. */
export const controlEffects = (
  { tenant, controls = {} }: TenantRow,
  scope: Scope,
): readonly Extract<Effect, { kind: 'control' }>[] => {
  const current = controls[scope]
  if (!current) return []
  const { revision, ...control } = current
  return [{ kind: 'control', gate: gateRef(tenant, scope), control, revision }]
}

const auditEntries = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] => {
  const command = after?.lastCommand
  if (!after || !command || command.revision === before?.lastCommand?.revision || !isPerson(command.by)) return []
  const { at, by, name, scope, reason, revision } = command
  const more = command.name === 'limit' ? { limits: command.limits } : {}
  return [auditEffect(after.tenant, revision, { at, by, command: name, scope, ...(reason ? { reason } : {}), ...more })]
}
