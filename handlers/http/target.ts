import { promises as dns, type LookupAddress } from 'node:dns'
import { nonRetriable } from '../../core/define.ts'
import { type Allow, addressFault } from './address.ts'

/** Finds the addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

/** The allowed addresses, and the resolver of host names. @default resolve: the resolver of the machine */
export type Reach = { readonly allow: Allow; readonly resolve?: Resolve }

const lookUp: Resolve = (host) => dns.lookup(host, { all: true })

/**
 * Reads the URL of a call: http or https, without credentials.
 *
 * @param base the base of a relative URL (of a redirect)
 * @throws HandlerError `ForbiddenUrl`, not retriable
 */
export const readTarget = (text: string, base?: URL): URL => {
  if (!URL.canParse(text, base?.href))
    throw forbidden(`${JSON.stringify(text)} is not a URL; it must be a URL such as "https://api.example.com/orders"`)
  const url = new URL(text, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw forbidden(`the URL's scheme is "${url.protocol}"; it must be "https:" or "http:"`)
  if (url.username || url.password) throw forbidden(`the URL of ${url.host} has credentials; use the authorization header`)
  return url
}

/**
 * Resolves the host of a URL and checks all its addresses. The caller connects only to these: a second look-up could return
 * others, which is how DNS rebinding bypasses a check.
 *
 * @throws HandlerError `ForbiddenAddress`, not retriable
 * @throws the error of the resolver
 */
export const checkedAddresses = async (url: URL, { allow, resolve = lookUp }: Reach): Promise<readonly LookupAddress[]> => {
  // The URL parser has normalized forms such as 0x7f.1 or 2130706433.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = await resolve(host)
  for (const { address } of addresses) {
    const fault = addressFault(address, allow)
    if (fault) throw nonRetriable('ForbiddenAddress', `${host}: ${fault}`)
  }
  return addresses
}

const forbidden = (message: string) => nonRetriable('ForbiddenUrl', message)
