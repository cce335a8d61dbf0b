import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressFault } from '../../../handlers/http/target.ts'

const FORBIDDEN = {
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  'link-local': ['169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
  metadata: ['169.254.169.254', '169.254.170.2', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  'unspecified or reserved': [
    '0.0.0.0',
    '0.1.2.3',
    '::',
    '240.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '198.18.0.1',
    '2001:db8::1',
  ],
  'IPv4 inside IPv6': [
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '::ffff:0:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::169.254.169.254',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '2001:0:7f00:1::',
  ],
  'not an address': ['', 'localhost', '127.0.0.1:80', '[::1]'],
}

describe('addresses', () => {
  for (const [kind, addresses] of Object.entries(FORBIDDEN)) {
    it.each(addresses)(`${kind}: %s is refused if only public addresses are allowed`, (address) => {
      expect(addressFault(address, 'public')).toContain('only public addresses may be called')
    })
  }

  it.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '172.32.0.1', '100.128.0.1'])(
    '%s is public',
    (address) => {
      expect(addressFault(address, 'public')).toBeUndefined()
    },
  )

  it('allows loopback besides public addresses if configured, and nothing else', () => {
    for (const address of FORBIDDEN.loopback) expect(addressFault(address, 'loopback')).toBeUndefined()
    for (const address of [...FORBIDDEN.private, ...FORBIDDEN.metadata, '0.0.0.0', '::', '64:ff9b::10.0.0.1'])
      expect(addressFault(address, 'loopback')).toContain('only public and loopback addresses')
    expect(addressFault('8.8.8.8', 'loopback')).toBeUndefined()
  })

  it('refuses a private IPv4 address in every IPv6 form', () => {
    const octet = fc.integer({ min: 0, max: 255 })
    const prefix = fc.constantFrom('::ffff:', '::', '64:ff9b::', '::ffff:0:')
    fc.assert(
      fc.property(
        prefix,
        octet,
        octet,
        octet,
        (before, b, c, d) => addressFault(`${before}10.${b}.${c}.${d}`, 'public') !== undefined,
      ),
    )
  })

  it('checks nothing if any address is allowed', () => {
    expect(addressFault('169.254.169.254', 'any')).toBeUndefined()
  })
})
