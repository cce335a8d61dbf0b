import { describe, expect, test } from 'vitest'
import { isScope, type RequirementSources, requirementsOf, scopeParts } from '../../../core/gate/requirements.ts'
import {
  type GateRow,
  gateKey,
  gateRef,
  isFull,
  rankOf,
  rateAllowsAt,
  roomIn,
  taskAtPlace,
  waitlistPlace,
} from '../../../core/gate/row.ts'
import { LIMITS } from '../../../core/limits.ts'

const sources = (more: Partial<RequirementSources> = {}): RequirementSources => ({
  tenant: 'acme',
  type: 'copy',
  lane: 'low',
  own: {},
  all: {},
  ...more,
})
const one = { limit: 1 }
const rate = { count: 2, periodMs: 1_000 }
const paused = { at: 1, by: 'user:a' }
const plain = (ref: string, limits: object) => ({ ref, limits, revision: 0, onBusy: 'wait' })

describe('the gates of a task', () => {
  test.each<readonly [string, Partial<RequirementSources>, readonly object[]]>([
    ['are none without limits', {}, []],
    ['are its own', { gate: { key: 'k', limit: 1 } }, [plain('acme/key.k', one)]],
    [
      'are its own, with its rate and what happens when it is busy',
      { gate: { key: 'k', rate, onBusy: 'skip' } },
      [{ ...plain('acme/key.k', { rate }), onBusy: 'skip' }],
    ],
    ['are that of its type, for its tenant', { typeLimit: one }, [plain('acme/type.copy', one)]],
    ['are that of its type, for its tenant by name', { typeLimit: { ...one, across: 'tenant' } }, [plain('acme/type.copy', one)]],
    ['are that of its type, for all tenants', { typeLimit: { ...one, across: 'all' } }, [plain('carillon/type.copy', one)]],
    ['are that of its tenant', { tenantLimit: { rate } }, [plain('acme/tenant', { rate })]],
    [
      'are those that a caller has limited',
      { own: { 'lane.low': { ...one, revision: 7 } } },
      [{ ref: 'acme/lane.low', limits: {}, control: one, revision: 7, onBusy: 'wait' }],
    ],
    [
      'are those that a caller has paused, with the limit of the type',
      { typeLimit: one, own: { 'type.copy': { paused, revision: 7 } } },
      [{ ref: 'acme/type.copy', limits: one, control: { paused }, revision: 7, onBusy: 'wait' }],
    ],
    ['are none where a control was removed', { own: { 'type.copy': { revision: 7 } }, all: { tenant: { revision: 8 } } }, []],
    [
      'are those of its type and lane only',
      { own: { 'type.move': { ...one, revision: 1 }, 'lane.high': { ...one, revision: 1 } } },
      [],
    ],
  ])('%s', (_, more, gates) => expect(requirementsOf(sources(more))).toEqual(gates))

  test('are narrow before wide, and those of all tenants at the end', () => {
    const controls = {
      'type.copy': { ...one, revision: 1 },
      'lane.low': { ...one, revision: 1 },
      tenant: { ...one, revision: 1 },
    }
    const refs = (tenant: string) =>
      requirementsOf(sources({ tenant, gate: { key: 'k', limit: 1 }, own: controls, all: controls })).map(({ ref }) => ref)
    const ofAll = ['carillon/type.copy', 'carillon/lane.low', 'carillon/tenant']
    expect(refs('acme')).toEqual(['acme/key.k', 'acme/type.copy', 'acme/lane.low', 'acme/tenant', ...ofAll])
    // The scopes of the operators' tenant are those of all tenants. Each is acquired once.
    expect(refs('carillon')).toEqual(['carillon/key.k', ...ofAll])
  })
})

test.each<readonly [string, unknown]>([
  ['tenant', { of: 'tenant' }],
  ['type.copy', { of: 'type', name: 'copy' }],
  ['lane.a.b', { of: 'lane', name: 'a.b' }],
  ['type.a\nb', { of: 'type', name: 'a\nb' }],
  ['', undefined],
  ['type.', undefined],
  ['type', undefined],
  ['key.a', undefined],
  ['xtype.copy', undefined],
  ['tenants', undefined],
])('the scope %j has these parts: %j', (text, parts) => {
  expect(scopeParts(text)).toEqual(parts)
  expect(isScope(text)).toBe(parts !== undefined)
})

describe('a gate', () => {
  const holder = (task: string, reservedAt?: number) => ({
    task,
    epoch: 1,
    until: 9,
    ...(reservedAt === undefined ? {} : { reservedAt }),
  })
  const gate = (more: Partial<GateRow>): GateRow => ({
    ...gateKey('acme/key.k'),
    version: 1,
    epoch: 1,
    updatedAt: 0,
    limits: {},
    revision: 0,
    holders: [],
    ...more,
  })

  test('has its reference as its key', () => {
    expect(gateKey('acme/key.k')).toEqual({ kind: 'gate', tenant: 'acme', id: 'key.k' })
    expect(gateRef('acme', 'key.k')).toBe('acme/key.k')
  })

  test('has room for as many tasks as its limit, and a control overrides the limit', () => {
    const two = gate({ limits: { limit: 2 }, holders: [holder('a')] })
    expect([roomIn(two), isFull(two)]).toEqual([1, false])
    expect(isFull({ ...two, control: one })).toBe(true)
    expect(isFull({ ...two, holders: [holder('a'), holder('b')] })).toBe(true)
  })

  test('without a limit counts its reservations only', () => {
    expect(roomIn(gate({ holders: [holder('a'), holder('b', 5)] }))).toBe(LIMITS.gateLimitCount - 1)
  })

  test.each<readonly [string, readonly number[] | undefined, number, number]>([
    ['with no start', undefined, 2, 0],
    ['with fewer starts', [5], 2, 0],
    ['with as many starts', [5, 6], 2, 1_005],
    ['with more starts', [1, 5, 6], 2, 1_005],
    ['of one start', [5, 6], 1, 1_006],
  ])('allows the next start by its rate: %s', (_, starts, count, at) => {
    expect(rateAllowsAt(starts ? { starts } : {}, { count, periodMs: 1_000 })).toBe(at)
    expect(rateAllowsAt(starts ? { starts } : {}, undefined)).toBe(0)
  })

  test('orders its waitlist by arrival and priority', () => {
    expect((['high', 'normal', 'low'] as const).map((priority) => rankOf(priority, 5))).toEqual([
      5,
      5 + LIMITS.normalHandicapMs,
      5 + LIMITS.lowHandicapMs,
    ])
    expect(waitlistPlace(5, 'acme/a')).toBe('0000000000000005#acme/a')
    expect(taskAtPlace(waitlistPlace(5, 'acme/a'))).toBe('acme/a')
  })
})
