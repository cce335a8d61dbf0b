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

/** The current limits and pauses that callers have set for the scopes of a tenant. */
export const loadControls = async (store: Store, tenant: string): Promise<Controls> =>
  (await store.get(tenantKey(tenant)))?.controls ?? {}

/** The limit and pause that callers have set for a scope; undefined without any. */
export const controlOf = (controls: Controls, scope: Scope): Control | undefined => {
  const { revision: _, ...control } = controls[scope] ?? { revision: 0 }
  return Object.keys(control).length > 0 ? control : undefined
}

/** The row of a gate and the start of its waitlist. The waitlist is read only if the row has one. */
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

/** The state of the gate of a scope: its limits, its control, its row and its waiting tasks. */
export const loadGateState = async (
  store: Store,
  app: App,
  tenant: string,
  scope: Scope,
  controls: Controls,
): Promise<GateState> => ({
  ...(await loadGate(store, tenant, scope)),
  limits: declaredLimits(app, tenant, scope),
  control: controlOf(controls, scope),
})

const PATH = '/path/scope'

/** Reads the scope in a path. A scope with a control stays valid after its type or lane is removed, so that the control can be removed. */
export const readScope = (app: App, text: string, controls: Controls): Scope | Refusal => {
  const parts = scopeParts(text)
  if (!parts)
    return refuse('invalid', `${PATH}: ${show(text)}; it must be tenant, type.<name> or lane.<name>, such as type.http`, {
      path: PATH,
    })
  if (parts.of === 'tenant' || Object.hasOwn(controls, text)) return text as Scope
  const known = parts.of === 'type' ? typeOf(app, parts.name, PATH) : laneOf(app, parts.name, PATH)
  return isRefusal(known) ? known : (text as Scope)
}

/** The limits that task types and the deployment set for a scope of this tenant. Limits across all tenants belong to the tenant `carillon`. */
export const declaredLimits = ({ types, tenantLimit = {} }: App, tenant: string, scope: Scope): GateLimits => {
  const parts = scopeParts(scope)
  if (parts?.of === 'tenant') return tenant === SYSTEM_TENANT ? {} : tenantLimit
  const { across = 'tenant', ...limits } = (parts?.of === 'type' ? types.get(parts.name)?.limit : undefined) ?? {}
  return (across === 'all') === (tenant === SYSTEM_TENANT) ? limits : {}
}

/** The scopes of a tenant with declared limits or with a control. */
export const limitedScopes = (app: App, tenant: string, controls: Controls): readonly Scope[] => {
  const declared: readonly Scope[] = ['tenant', ...[...app.types.keys()].map((name) => `type.${name}` as const)]
  const limited = declared.filter((scope) => Object.keys(declaredLimits(app, tenant, scope)).length > 0)
  // The control of a resumed scope holds only its revision, which is not shown.
  const controlled = (Object.entries(controls) as [Scope, object][]).filter(([, control]) => Object.keys(control).length > 1)
  return [...new Set([...limited, ...controlled.map(([scope]) => scope)])].sort()
}
