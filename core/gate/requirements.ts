import { defined } from '../defined.ts'
import { SYSTEM_TENANT } from '../row/key.ts'
import { type Control, type GateLimits, type GateRef, gateRef, isOpenGate, type Rate } from './row.ts'

/** What happens to a task at a busy gate: it waits, is skipped, fails, or replaces the tasks that hold and wait for places. */
export const ON_BUSY = ['wait', 'skip', 'fail', 'replace'] as const
/** A reaction to a busy gate. */
export type OnBusy = (typeof ON_BUSY)[number]

/** The gate that a task declares. Tasks of one tenant with the same key share it. */
export type GateSpec = {
  readonly key: string
  /** How many tasks run at once. */
  readonly limit?: number
  /** How many tasks start in a period. */
  readonly rate?: Rate
  /** @default 'wait' */
  readonly onBusy?: OnBusy
}

/** A scope can be paused and limited: a tenant, a task type, a lane. A scope of the tenant `carillon` covers all tenants. */
export type Scope = 'tenant' | `type.${string}` | `lane.${string}`

/** The controls of a tenant by scope. `revision` is the version of the tenant's row that last changed the control. */
export type Controls = Readonly<Partial<Record<Scope, Control & { readonly revision: number }>>>

/** The limit that a task type declares for its tasks: for each tenant, or for all tenants together. */
export type TypeLimit = GateLimits & { readonly across?: 'tenant' | 'all' }

/** One gate at which a task needs a place. */
export type GateRequirement = {
  readonly ref: GateRef
  readonly limits: GateLimits
  readonly control?: Control
  readonly revision: number
  readonly onBusy: OnBusy
}

/** What decides which gates a task needs. */
export type RequirementSources = {
  readonly tenant: string
  readonly type: string
  readonly lane: string
  readonly gate?: GateSpec
  /** The limit that the task type declares. */
  readonly typeLimit?: TypeLimit
  /** The limit that the deployment sets for each tenant. */
  readonly tenantLimit?: GateLimits
  /** The controls of the task's tenant, and those of all tenants. */
  readonly own: Controls
  readonly all: Controls
}

/**
 * The gates at which a task needs a place, narrow before wide: its own, its type's, its lane's, its tenant's, those of all
 * tenants. All tasks use this one order, so no two tasks wait for each other (no deadlock). A place that is held while the
 * task waits at a wider gate could only serve tasks that wait at that wider gate too.
 *
 * @example requirementsOf({ tenant: 'acme', type: 'copy', lane: 'normal', own: {}, all: {} }) // []
 */
export const requirementsOf = (sources: RequirementSources): readonly GateRequirement[] => {
  const { tenant, type, lane, gate, typeLimit, tenantLimit = {}, own, all } = sources
  const { across = 'tenant', ...ofType } = typeLimit ?? {}
  const scoped = (owner: string, controls: Controls, scope: Scope, limits: GateLimits): readonly GateRequirement[] => {
    const stored = controls[scope]
    if (!stored) return isOpenGate(limits) ? [] : [{ ref: gateRef(owner, scope), limits, revision: 0, onBusy: 'wait' }]
    const { revision, ...control } = stored
    const isOpen = isOpenGate({ ...limits, ...control })
    return isOpen ? [] : [{ ref: gateRef(owner, scope), limits, control, revision, onBusy: 'wait' }]
  }
  const ofTenant = [
    ...scoped(tenant, own, `type.${type}`, across === 'tenant' ? ofType : {}),
    ...scoped(tenant, own, `lane.${lane}`, {}),
    ...scoped(tenant, own, 'tenant', tenantLimit),
  ]
  return [
    ...(gate ? [ownGate(tenant, gate)] : []),
    // The scopes of the tenant `carillon` cover all tenants; they follow below.
    ...(tenant === SYSTEM_TENANT ? [] : ofTenant),
    ...scoped(SYSTEM_TENANT, all, `type.${type}`, across === 'all' ? ofType : {}),
    ...scoped(SYSTEM_TENANT, all, `lane.${lane}`, {}),
    ...scoped(SYSTEM_TENANT, all, 'tenant', {}),
  ]
}

const ownGate = (tenant: string, { key, limit, rate, onBusy = 'wait' }: GateSpec): GateRequirement => ({
  ref: gateRef(tenant, `key.${key}`),
  limits: { ...defined({ limit }), ...defined({ rate }) },
  revision: 0,
  onBusy,
})

/** A parsed scope: a whole tenant, one task type, or one lane. */
export type ScopeParts = { readonly of: 'tenant' } | { readonly of: 'type' | 'lane'; readonly name: string }

/**
 * Parses a scope; undefined when the text is not a scope. It does not check that the type or lane exists.
 *
 * @example scopeParts('type.copy') // { of: 'type', name: 'copy' }
 */
export const scopeParts = (text: string): ScopeParts | undefined => {
  if (text === 'tenant') return { of: 'tenant' }
  const [, of, name = ''] = /^(type|lane)\.(.+)$/s.exec(text) ?? []
  return of === 'type' || of === 'lane' ? { of, name } : undefined
}

/** Is this gate a scope, and not the gate of a key that tasks declare? */
export const isScope = (id: string): id is Scope => scopeParts(id) !== undefined
