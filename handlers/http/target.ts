import { promises as dns, type LookupAddress } from 'node:dns'
import ipaddr from 'ipaddr.js'
import { nonRetriable } from '../../core/define.ts'

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

/** The addresses that HTTP calls may use: public ones, public and loopback ones, or any. */
export const ALLOWANCES = ['public', 'loopback', 'any'] as const
/** One of `ALLOWANCES`. */
export type Allow = (typeof ALLOWANCES)[number]

/** Addresses in public ranges that are internal: the Azure host serves virtual machines at this one. */
const INTERNAL = new Set(['168.63.129.16'])

/** IPv4 addresses in a network with DNS64 (RFC 6052): on IPv6-only subnets each IPv4 host has such an address. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

const rangeOf = (address: string): string => {
  if (!ipaddr.isValid(address)) return 'not an IP address'
  // `process` converts ::ffff:127.0.0.1 into 127.0.0.1.
  const ip = ipaddr.process(address)
  if (ip instanceof ipaddr.IPv6 && ip.match(NAT64)) return rangeOf(ip.toByteArray().slice(-4).join('.'))
  return INTERNAL.has(ip.toString()) ? 'internal' : ip.range()
}

/**
 * The error of a forbidden address; undefined for an allowed one. This is an allow-list: only unicast is public, so private,
 * link-local, carrier-grade NAT, multicast, metadata, 6to4 and reserved addresses are refused.
 *
 * @example addressFault('169.254.169.254', 'public') // "169.254.169.254 is linkLocal; only public addresses may be called"
 */
export const addressFault = (address: string, allow: Allow): string | undefined => {
  if (allow === 'any') return undefined
  const range = rangeOf(address)
  if (range === 'unicast' || (allow === 'loopback' && range === 'loopback')) return undefined
  return `${address} is ${range}; only public ${allow === 'loopback' ? 'and loopback ' : ''}addresses may be called`
}
