import { describe, expect, test } from 'vitest'
import { lane } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { templateOf } from './synth.ts'

/** The largest number of lanes, with the longest names. */
const mostLanes = Object.fromEntries(
  ['normal', ...'abcdefghi']
    .slice(0, LIMITS.lanesCount)
    .map((name) => (name === 'normal' ? name : name.repeat(32)))
    .map((name) => [name, lane(name, 60_000)]),
)
const role = (index: number) => `arn:aws:iam::111122223333:role/team-${index}`

describe("a function's environment", () => {
  test('has room for the most lanes, the longest names, a limit of tenants and a full map of principals', () => {
    const few = Array.from({ length: 20 }, (_, index) => [role(index), { tenant: 'contoso', scopes: ['carillon/read'] }] as const)
    const auth = { iamPrincipals: Object.fromEntries(few) }
    expect(JSON.stringify(auth.iamPrincipals).length).toBeGreaterThan(LIMITS.principalsBytes * 0.8)
    const tenantLimit = { concurrency: 20, rate: { count: 100, per: '1h' } }
    expect(() => templateOf({ lanes: mostLanes, auth, tenantLimit, environmentId: 'e'.repeat(32) })).not.toThrow()
  })

  test('fails the synthesis when it is too large, with the largest variables', () =>
    expect(() => templateOf({ environment: { PRICES: 'x'.repeat(3_000) } })).toThrow(
      /^the environment variables of Test\/Carillon\/Executor-high must be at most 4096 bytes, got up to \d+; the largest are PRICES \(3006\), CARILLON_\w+ \(\d+\), /,
    ))

  test('is measured in bytes of names and values', () => {
    const half = 'ü'.repeat(750)
    expect(() => templateOf({ environment: { A: half } })).not.toThrow()
    expect(() => templateOf({ environment: { A: half, [`B${'_'.repeat(1_500)}`]: '' } })).toThrow(/must be at most 4096 bytes/)
  })
})
