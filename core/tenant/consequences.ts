import { gateRef } from '../gate/row.ts'
import type { Controls, Scope } from '../gate/use.ts'
import type { Effect } from '../task/consequences.ts'
import type { TenantRow } from './row.ts'

/** What follows from a change of a tenant's row: the gates of which something new is said are told. */
export const tenantConsequences = (before: TenantRow | undefined, after: TenantRow | undefined): readonly Effect[] =>
  (Object.entries(after?.controls ?? {}) as readonly [Scope, Said][]).flatMap(([scope, { revision, ...control }]) =>
    before?.controls?.[scope]?.revision === revision
      ? []
      : [{ kind: 'control', gate: gateRef((after as TenantRow).tenant, scope), control, revision } as const],
  )

type Said = NonNullable<Controls[Scope]>
