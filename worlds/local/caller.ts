import type { Caller } from '../../api/http/request.ts'
import { show } from '../../core/reading/messages.ts'
import { TENANT } from '../../core/reading/names.ts'
import { type Refusal, refuse } from '../../core/refusal.ts'

/**
 * Who is asking: whoever the header says, because only this machine can ask. A browser is on this machine as well, and
 * runs the pages of strangers; so a request that comes from another origin, or under a name that is not this machine's
 * own (DNS rebinding), is refused.
 */
export const callerOf = (headers: Readonly<Record<string, string>>): Caller | Refusal => {
  const { host = '', origin, 'x-carillon-tenant': tenant = 'default' } = headers
  if (!isLoopback(`http://${host}`))
    return refuse('forbidden', `the host is ${show(host)}; the local server answers to localhost and 127.0.0.1 only`)
  if (origin !== undefined && !isLoopback(origin))
    return refuse('forbidden', `the request comes from ${show(origin)}; the local server answers pages of this machine only`)
  if (!TENANT.test(tenant))
    return refuse('invalid', `the tenant is ${show(tenant)}; it must be 1 to 64 letters, digits, dots, dashes and underscores`, {
      path: '/headers/x-carillon-tenant',
    })
  return { tenant, scopes: ['carillon/read', 'carillon/write', 'carillon/admin'], by: 'user:local' }
}

const isLoopback = (origin: string): boolean =>
  URL.canParse(origin) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(origin).hostname)
