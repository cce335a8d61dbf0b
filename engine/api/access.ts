import { show } from '../../core/reading/messages.ts'
import { TENANT } from '../../core/reading/names.ts'
import { type Refusal, refuse } from '../../core/refusal.ts'
import { SYSTEM_TENANT } from '../../core/row/key.ts'
import type { Caller, Scope } from './http.ts'

/** Scopes from the narrowest to the widest: each implies those before it. */
const RANK: Readonly<Record<Scope, number>> = { 'carillon/read': 0, 'carillon/write': 1, 'carillon/admin': 2 }

/** Why this caller may not do what needs this scope; undefined when it may. */
export const denied = (caller: Caller, needed: Scope): Refusal | undefined => {
  if (!TENANT.test(caller.tenant)) {
    const form = '1 to 64 of A-Z, a-z, 0-9, dot, dash and underscore, and starts with a letter or digit'
    return refuse('forbidden', `the caller's tenant is ${show(caller.tenant)}; a tenant is called with ${form}`)
  }
  // Quarantined messages of everybody are kept there, so a tenant that happens to be called so must not see them.
  const least = caller.tenant === SYSTEM_TENANT ? 'carillon/admin' : needed
  if (caller.scopes.some((scope) => RANK[scope] >= RANK[least])) return undefined
  const has = caller.scopes.length > 0 ? caller.scopes.join(' ') : 'no scope'
  return refuse('forbidden', `this needs the scope ${least} or a wider one; the caller has ${has}`)
}
