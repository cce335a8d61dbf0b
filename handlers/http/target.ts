import { promises as dns, type LookupAddress } from 'node:dns'
import { nonRetriable } from '../../core/define.ts'
import { type Allow, addressFault } from './address.ts'

/** Finds the addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

/** Where calls may go, and how names are looked up (the machine's resolver unless said otherwise). */
export type Reach = { readonly allow: Allow; readonly resolve?: Resolve }

const lookUp: Resolve = (host) => dns.lookup(host, { all: true })

/**
 * Reads a URL that may be called at all: http or https, without credentials.
 *
 * @param base what a relative one (of a redirect) is relative to
 * @throws HandlerError `ForbiddenUrl`, not retriable
 */
export const readTarget = (text: string, base?: URL): URL => {
  if (!URL.canParse(text, base?.href))
    throw forbidden(`${JSON.stringify(text)} is not a URL, such as "https://api.example.com/orders"`)
  const url = new URL(text, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw forbidden(`the URL's scheme is "${url.protocol}"; it must be "https:" or "http:"`)
  if (url.username || url.password)
    throw forbidden(`the URL of ${url.host} holds credentials; put them into the authorization header instead`)
  return url
}

/**
 * The addresses of a URL's host, all of them checked. The caller connects to these and to no others: a second look-up
 * could answer differently, which is how DNS rebinding gets past a check.
 *
 * @throws HandlerError `ForbiddenAddress`, not retriable
 * @throws whatever the resolver throws
 */
export const checkedAddresses = async (url: URL, { allow, resolve = lookUp }: Reach): Promise<readonly LookupAddress[]> => {
  // The parser has made plain addresses of odd forms such as 0x7f.1 or 2130706433 already.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = await resolve(host)
  for (const { address } of addresses) {
    const fault = addressFault(address, allow)
    if (fault) throw nonRetriable('ForbiddenAddress', `${host}: ${fault}`)
  }
  return addresses
}

const forbidden = (message: string) => nonRetriable('ForbiddenUrl', message)
