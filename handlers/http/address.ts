import ipaddr from 'ipaddr.js'

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
