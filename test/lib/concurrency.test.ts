import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LANES, lane } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { lanesFor } from '../../lib/carillon.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const widths = (account: number) =>
  Object.fromEntries(Object.values(lanesFor(account)).map(({ name, maxConcurrency }) => [name, maxConcurrency]))

describe('the lanes for an account', () => {
  test.each([
    [10, { normal: 2 }],
    [12, { normal: 2, long: 2 }],
    [14, { high: 2, normal: 2, long: 2 }],
    [16, { high: 2, normal: 2, low: 2, long: 2 }],
    [50, { high: 21, normal: 11, low: 3, long: 5 }],
    [1_000, { high: 100, normal: 50, low: 10, long: 20 }],
  ])('with %i executions are %j', (account, expected) => expect(widths(account)).toEqual(expected))

  test('keep every other setting of the default lanes', () =>
    expect(lanesFor(16).long).toEqual({ ...DEFAULT_LANES.long, maxConcurrency: 2 }))
})

/** The executions that a template may have at once: those of the mappings of queues, and what is reserved. */
const countOf = (template: ReturnType<typeof templateOf>): number => {
  const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'))
  return mappings.reduce((sum, { Properties }) => sum + (Properties.ScalingConfig?.MaximumConcurrency ?? 0), 0)
}
/** `api`, `relay`, `publish` and `sweep`. */
const OTHERS_COUNT = 4

describe('a deployment', () => {
  test('fits into a new account with 10 executions', () => {
    const template = templateOf({ accountConcurrency: 10 })
    expect(countOf(template) + OTHERS_COUNT).toBe(10)
    expect(Object.keys(resourcesOf(template, 'AWS::Lambda::Function', /^CarillonExecutor/))).toHaveLength(1)
  })

  test('by default may have 192 executions at once, without its four other functions', () =>
    expect(countOf(templateOf())).toBe(192))

  test('with scaled lanes fits into every account', () =>
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 2_000 }), (account) => {
        const lanes = Object.values(lanesFor(account))
        const control = Math.min(10, Math.max(2, Math.floor(account / 100)))
        const sum = lanes.reduce((all, { maxConcurrency }) => all + maxConcurrency, 0)
        expect(sum + control + LIMITS.deadLettersConcurrencyCount + OTHERS_COUNT).toBeLessThanOrEqual(account)
        for (const { maxConcurrency } of lanes) expect(maxConcurrency).toBeGreaterThanOrEqual(2)
      }),
    ))

  test('keeps executions for the API, the relay and the control lane', () => {
    const template = templateOf({ reservedConcurrency: { api: 20, relay: 12, control: 5 } })
    const reserved = (id: RegExp) => theOne(template, 'AWS::Lambda::Function', id).Properties.ReservedConcurrentExecutions
    expect([reserved(/^CarillonApi/), reserved(/^CarillonRelay/), reserved(/^CarillonControl/)]).toEqual([20, 12, 5])
    expect(reserved(/^CarillonExecutornormal/)).toBeUndefined()
    const mapping = theOne(template, 'AWS::Lambda::EventSourceMapping', /^CarillonControl/)
    // More would be received and then throttled.
    expect(mapping.Properties.ScalingConfig).toEqual({ MaximumConcurrency: 5 })
  })

  test('reserves nothing by default', () =>
    expect(JSON.stringify(templateOf().toJSON())).not.toContain('ReservedConcurrentExecutions'))
})

describe('synthesis fails', () => {
  const { normal, long } = DEFAULT_LANES
  if (!normal || !long) throw new Error('DEFAULT_LANES has no lane normal or long')
  test.each([
    [
      'when the lanes are too wide for the account, with what fits',
      { accountConcurrency: 100, lanes: DEFAULT_LANES },
      "the lanes may run 180 executions at once (high 100, normal 50, low 10, long 20), and Carillon's own functions need 8, but accountConcurrency is 100: lower their maxConcurrency to 92 together, or raise the quota of the account",
    ],
    [
      'when there are too many lanes for the account',
      {
        accountConcurrency: 10,
        lanes: { normal: lane('normal', 60_000, { maxConcurrency: 2 }), long: { ...long, maxConcurrency: 2 } },
      },
      'lower their maxConcurrency to 2 together, keep at most 1 of them, or raise the quota of the account',
    ],
    ['when no lane fits', { accountConcurrency: 9 }, 'no lane fits; raise the quota of the account'],
    [
      'when the account does not have what is reserved',
      { accountConcurrency: 110, reservedConcurrency: { api: 8, relay: 3 } },
      'reservedConcurrency must be at most 10 together, got 11: accountConcurrency is 110, and Lambda keeps 100 executions unreserved',
    ],
    [
      'when a new account reserves anything',
      { accountConcurrency: 10, reservedConcurrency: { api: 1 } },
      'reservedConcurrency must be at most 0 together, got 1',
    ],
    [
      'for a reservation of none',
      { reservedConcurrency: { api: 0 } },
      'reservedConcurrency.api must be a whole number from 1, got 0',
    ],
    [
      'for a control lane below the minimum of a mapping',
      { reservedConcurrency: { control: 1 } },
      'reservedConcurrency.control must be a whole number from 2, got 1',
    ],
    [
      'for an account that is no number',
      { accountConcurrency: 10.5 },
      'accountConcurrency must be a whole number from 1, got 10.5',
    ],
    [
      'for lanes beyond the default quota',
      { lanes: { normal: { ...normal, maxConcurrency: 1_000 } } },
      'but accountConcurrency is 1000',
    ],
  ])('%s', (_, props, words) => expect(() => templateOf(props)).toThrow(words))
})
