import { type Control, type GateRow, gateKey, gateRef } from '../../core/gate/row.ts'
import type { Controls, Scope } from '../../core/gate/use.ts'
import { LIMITS } from '../../core/limits.ts'
import { type TenantRow, tenantKey } from '../../core/tenant/row.ts'
import type { Known } from '../../core/wire/controls.ts'
import type { App } from '../app.ts'
import { lineOf } from '../gate/effects.ts'
import type { Needs } from '../needs.ts'
import type { Entry } from '../world.ts'
import { declaredOf } from './scope.ts'

type Store = Needs<'api'>['store']

/** What people have said of a tenant's scopes, as it is now. */
export const saidIn = async (store: Store, tenant: string): Promise<Controls> =>
  ((await store.get(tenantKey(tenant))) as TenantRow | undefined)?.controls ?? {}

/** What somebody has said of a scope; undefined when nobody has. */
export const controlOf = (said: Controls, scope: Scope): Control | undefined => {
  const { revision: _, ...control } = said[scope] ?? { revision: 0 }
  return Object.keys(control).length > 0 ? control : undefined
}

/** A gate as it stands: its row, and the beginning of its line, which is not read where the gate knows of none. */
export const standingOf = async (
  store: Store,
  tenant: string,
  id: string,
): Promise<Pick<Known, 'row' | 'waiting'> & { readonly line: readonly Entry[] }> => {
  const ref = gateRef(tenant, id)
  const row = (await store.get(gateKey(ref))) as GateRow | undefined
  const found = row?.line ? await store.entries(lineOf(ref), { limit: LIMITS.gateShownCount + 1 }) : []
  const line = found.slice(0, LIMITS.gateShownCount)
  return { row, line, waiting: { count: line.length, ...(found.length > line.length ? { more: true } : {}) } }
}

/** All that is known of a scope. */
export const knownOf = async (store: Store, app: App, tenant: string, scope: Scope, said: Controls): Promise<Known> => ({
  ...(await standingOf(store, tenant, scope)),
  terms: declaredOf(app, tenant, scope),
  control: controlOf(said, scope),
})
