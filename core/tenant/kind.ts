import { defineKind } from '../row/kind.ts'
import { tenantConsequences } from './consequences.ts'
import { decideTenant, type TenantCommand, type TenantRow } from './row.ts'

/** A tenant: how far its agenda is swept, and its pauses and limits. */
export const tenantKind = defineKind<TenantRow, TenantCommand>({
  decide: decideTenant,
  consequences: tenantConsequences,
  lists: ['audit', 'operations', 'unarmed'],
})
