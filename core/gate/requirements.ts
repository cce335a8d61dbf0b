import { defined } from '../defined.ts'
import { SYSTEM_TENANT } from '../row/key.ts'
import { type Control, type GateLimits, type GateRef, gateRef, isOpenGate, type Rate } from './row.ts'

/** What becomes of a task that finds its gate busy: it waits in line, is left out, fails, or takes the place of those before it. */
export const ON_BUSY = ['wait', 'skip', 'fail', 'replace'] as const
/** One of these. */
export type OnBusy = (typeof ON_BUSY)[number]

/** The gate of a task: tasks of one tenant with the same key share it. */
export type GateSpec = {
  readonly key: string
  /** How many may run at once. */
  readonly limit?: number
  /** How many may start in a period. */
  readonly rate?: Rate
  /** @default 'wait' */
  readonly onBusy?: OnBusy
}

/** What can be paused and limited: everything of a tenant, one task type, one lane. In Carillon's own tenant it counts for all tenants. */
export type Scope = 'tenant' | `type.${string}` | `lane.${string}`

/** What has been said of the scopes of a tenant; `revision` is the version of the tenant's row that said so last. */
export type Controls = Readonly<Partial<Record<Scope, Control & { readonly revision: number }>>>

/** The limit that a task type declares for all its tasks: of each tenant, or of all tenants together. */
export type TypeLimit = GateLimits & { readonly across?: 'tenant' | 'all' }

/** One gate on a task's way. */
export type GateRequirement = {
  readonly ref: GateRef
  readonly limits: GateLimits
  readonly control?: Control
  readonly revision: number
  readonly onBusy: OnBusy
}

/** The task that wants to pass, and all that is said of its way. */
export type RequirementSources = {
  readonly tenant: string
  readonly type: string
  readonly lane: string
  readonly gate?: GateSpec
  /** What its type declares. */
  readonly typeLimit?: TypeLimit
  /** What the deployment grants each tenant. */
  readonly tenantLimit?: GateLimits
  /** What is said in its own tenant, and for all. */
  readonly own: Controls
  readonly all: Controls
}

/**
 * The gates that a task has to pass, narrow before wide: its own, its type's, its lane's, its tenant's, and those of all
 * tenants. Everybody takes them in this one order, so that no two ever wait for each other; and what is held while waiting
 * at a wider gate is a place that only others who wait there as well could use.
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
    // The scopes of Carillon's own tenant are those of all tenants.
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

/** A scope as people name it, taken apart: everything of a tenant, one task type, one lane. */
export type ScopeParts = { readonly of: 'tenant' } | { readonly of: 'type' | 'lane'; readonly name: string }

/**
 * Takes a scope apart; undefined when the text is none. Whether there is such a type or lane, the deployment knows.
 *
 * @example scopeParts('type.copy') // { of: 'type', name: 'copy' }
 */
export const scopeParts = (text: string): ScopeParts | undefined => {
  if (text === 'tenant') return { of: 'tenant' }
  const [, of, name = ''] = /^(type|lane)\.(.+)$/s.exec(text) ?? []
  return of === 'type' || of === 'lane' ? { of, name } : undefined
}

/** Is this gate a scope's, rather than one with a key of a task's own? */
export const isScope = (id: string): id is Scope => scopeParts(id) !== undefined
