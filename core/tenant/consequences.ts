import { auditNote, isPerson } from '../audit.ts'
import { gateRef } from '../gate/row.ts'
import type { Controls, Scope } from '../gate/use.ts'
import type { Effect } from '../task/consequences.ts'
import type { TenantRow } from './row.ts'

/** What follows from a change of a tenant's row: the gates of which something new is said are told, and it is noted who said it. */
export const tenantConsequences = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] => [
  ...controls(before, after),
  ...audited(before, after),
]

const controls = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] =>
  (Object.entries(after?.controls ?? {}) as readonly [Scope, Said][]).flatMap(([scope, { revision, ...control }]) =>
    before?.controls?.[scope]?.revision === revision
      ? []
      : [{ kind: 'control', gate: gateRef((after as TenantRow).tenant, scope), control, revision } as const],
  )

type Said = NonNullable<Controls[Scope]>

const audited = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] => {
  const said = after?.said
  if (!after || !said || said.revision === before?.said?.revision || !isPerson(said.by)) return []
  const { at, by, name, scope, reason, revision } = said
  const more = said.name === 'limit' ? { terms: said.terms } : {}
  return [auditNote(after.tenant, revision, { at, by, what: name, scope, ...(reason ? { reason } : {}), ...more })]
}
