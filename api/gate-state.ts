import { type Controls, type Scope, scopeParts } from '../core/gate/requirements.ts'
import { type Control, type GateLimits, gateKey, gateRef } from '../core/gate/row.ts'
import { LIMITS } from '../core/limits.ts'
import { show } from '../core/reading/messages.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import { SYSTEM_TENANT } from '../core/row/key.ts'
import { tenantKey } from '../core/tenant/row.ts'
import type { App } from '../engine/app.ts'
import { laneOf, typeOf } from '../engine/create/resolve.ts'
import { waitlistOf } from '../engine/gate/effects.ts'
import type { Needs } from '../engine/needs.ts'
import type { Entry } from '../engine/world.ts'
import type { GateState } from './schemas/controls.ts'

type Store = Needs<'api'>['store']

/** What people have said of a tenant's scopes, as it is now. */
export const loadControls = async (store: Store, tenant: string): Promise<Controls> =>
  (await store.get(tenantKey(tenant)))?.controls ?? {}

/** What somebody has said of a scope; undefined when nobody has. */
export const controlOf = (said: Controls, scope: Scope): Control | undefined => {
  const { revision: _, ...control } = said[scope] ?? { revision: 0 }
  return Object.keys(control).length > 0 ? control : undefined
}

/** A gate as it stands: its row, and the beginning of its line, which is not read where the gate knows of none. */
export const loadGate = async (
  store: Store,
  tenant: string,
  id: string,
): Promise<Pick<GateState, 'row' | 'waiting'> & { readonly waitlist: readonly Entry[] }> => {
  const ref = gateRef(tenant, id)
  const row = await store.get(gateKey(ref))
  const found = row?.waitlist ? await store.entries(waitlistOf(ref), { limit: LIMITS.gateShownCount + 1 }) : []
  const waitlist = found.slice(0, LIMITS.gateShownCount)
  return { row, waitlist, waiting: { count: waitlist.length, ...(found.length > waitlist.length ? { more: true } : {}) } }
}

/** All that is known of a scope. */
export const loadGateState = async (
  store: Store,
  app: App,
  tenant: string,
  scope: Scope,
  said: Controls,
): Promise<GateState> => ({
  ...(await loadGate(store, tenant, scope)),
  limits: declaredLimits(app, tenant, scope),
  control: controlOf(said, scope),
})

const PATH = '/path/scope'

/** The scope that a path names. One of which something has been said stays a scope when its type or lane is gone. */
export const readScope = (app: App, text: string, said: Controls): Scope | Refusal => {
  const parts = scopeParts(text)
  if (!parts)
    return refuse('invalid', `${PATH}: ${show(text)}; it must be tenant, type.<name> or lane.<name>, such as type.http`, {
      path: PATH,
    })
  if (parts.of === 'tenant' || Object.hasOwn(said, text)) return text as Scope
  const known = parts.of === 'type' ? typeOf(app, parts.name, PATH) : laneOf(app, parts.name, PATH)
  return isRefusal(known) ? known : (text as Scope)
}

/** What task types and the deployment say of a scope of this tenant. Carillon's own tenant has the scopes of all tenants together. */
export const declaredLimits = ({ types, tenantLimit = {} }: App, tenant: string, scope: Scope): GateLimits => {
  const parts = scopeParts(scope)
  if (parts?.of === 'tenant') return tenant === SYSTEM_TENANT ? {} : tenantLimit
  const { across = 'tenant', ...terms } = (parts?.of === 'type' ? types.get(parts.name)?.limit : undefined) ?? {}
  return (across === 'all') === (tenant === SYSTEM_TENANT) ? terms : {}
}

/** The scopes of a tenant that have terms: declared, or said by people. */
export const limitedScopes = (app: App, tenant: string, said: Controls): readonly Scope[] => {
  const declared: readonly Scope[] = ['tenant', ...[...app.types.keys()].map((name) => `type.${name}` as const)]
  const limited = declared.filter((scope) => Object.keys(declaredLimits(app, tenant, scope)).length > 0)
  // Of a scope that was resumed there is still a revision, and nothing that anybody would want to see.
  const spoken = (Object.entries(said) as [Scope, object][]).filter(([, control]) => Object.keys(control).length > 1)
  return [...new Set([...limited, ...spoken.map(([scope]) => scope)])].sort()
}
