import ipaddr from 'ipaddr.js'

/** How far HTTP calls may reach: the public internet, also this machine itself, or any address at all. */
export const ALLOWANCES = ['public', 'loopback', 'any'] as const
/** One of `ALLOWANCES`. */
export type Allow = (typeof ALLOWANCES)[number]

/** Addresses that look public and are not: Azure's host answers virtual machines there. */
const INTERNAL = new Set(['168.63.129.16'])

/** IPv4 addresses as a network with DNS64 hands them out (RFC 6052): on IPv6-only subnets every IPv4 host has one. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

const rangeOf = (address: string): string => {
  if (!ipaddr.isValid(address)) return 'not an IP address'
  // `process` takes ::ffff:127.0.0.1 for what it is, 127.0.0.1.
  const ip = ipaddr.process(address)
  if (ip instanceof ipaddr.IPv6 && ip.match(NAT64)) return rangeOf(ip.toByteArray().slice(-4).join('.'))
  return INTERNAL.has(ip.toString()) ? 'internal' : ip.range()
}

/**
 * What is wrong with calling this address, in words, or undefined when it may be called. An allow-list: only plain unicast
 * is public, so private, link-local, carrier-grade NAT, multicast, metadata, 6to4 and whatever is reserved are not.
 *
 * @example addressFault('169.254.169.254', 'public') // "169.254.169.254 is linkLocal; only public addresses may be called"
 */
export const addressFault = (address: string, allow: Allow): string | undefined => {
  if (allow === 'any') return undefined
  const range = rangeOf(address)
  if (range === 'unicast' || (allow === 'loopback' && range === 'loopback')) return undefined
  return `${address} is ${range}; only public ${allow === 'loopback' ? 'and loopback ' : ''}addresses may be called`
}
