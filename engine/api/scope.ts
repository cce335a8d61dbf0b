import type { Terms } from '../../core/gate/row.ts'
import { scopeParts } from '../../core/gate/scope.ts'
import type { Controls, Scope } from '../../core/gate/use.ts'
import { show } from '../../core/reading/messages.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { SYSTEM_TENANT } from '../../core/row/key.ts'
import type { App } from '../app.ts'
import { laneOf, typeOf } from './policy.ts'

const PATH = '/path/scope'

/** The scope that a path names. One of which something has been said stays a scope when its type or lane is gone. */
export const scopeOf = (app: App, text: string, said: Controls): Scope | Refusal => {
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
export const declaredOf = ({ types, tenantLimit = {} }: App, tenant: string, scope: Scope): Terms => {
  const parts = scopeParts(scope)
  if (parts?.of === 'tenant') return tenant === SYSTEM_TENANT ? {} : tenantLimit
  const { across = 'tenant', ...terms } = (parts?.of === 'type' ? types.get(parts.name)?.limit : undefined) ?? {}
  return (across === 'all') === (tenant === SYSTEM_TENANT) ? terms : {}
}

/** The scopes of a tenant that have terms: declared, or said by people. */
export const scopesOf = (app: App, tenant: string, said: Controls): readonly Scope[] => {
  const declared: readonly Scope[] = ['tenant', ...[...app.types.keys()].map((name) => `type.${name}` as const)]
  const limited = declared.filter((scope) => Object.keys(declaredOf(app, tenant, scope)).length > 0)
  // Of a scope that was resumed there is still a revision, and nothing that anybody would want to see.
  const spoken = (Object.entries(said) as [Scope, object][]).filter(([, control]) => Object.keys(control).length > 1)
  return [...new Set([...limited, ...spoken.map(([scope]) => scope)])].sort()
}
