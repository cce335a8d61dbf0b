import { describe, expect, test } from 'vitest'
import type { Controls } from '../../../core/gate/requirements.ts'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { tenantConsequences } from '../../../core/tenant/consequences.ts'
import { decideTenant, type TenantCommand, type TenantRow, tenantKey } from '../../../core/tenant/row.ts'

const NOON = Date.UTC(2026, 5, 15, 12)
const DAY = 86_400_000
const key = tenantKey('acme')
const by = { at: NOON, by: 'user:alice' } as const
const decide = (row: TenantRow | undefined, command: TenantCommand) => decideTenant(key, row, command)

const rowAfter = (...commands: readonly TenantCommand[]): TenantRow =>
  commands.reduce<TenantRow | undefined>((row, command) => {
    const next = decide(row, command)
    if (isRefusal(next)) throw new Error(next.message)
    return next
  }, undefined) as TenantRow

const open = { name: 'open', ...by } as const
const opened = rowAfter(open)
const sweep = (at: number, behind?: number): TenantCommand => ({
  name: 'sweep',
  ...by,
  swept: { at, id: 'task7' },
  ...(behind === undefined ? {} : { behind }),
})

describe('a tenant', () => {
  test('is opened once, with an agenda that is swept up to the day before, because clocks differ', () => {
    expect(tenantKey('acme')).toEqual({ kind: 'tenant', tenant: 'acme', id: 'acme' })
    expect(opened).toEqual({ ...key, version: 1, createdAt: NOON, swept: { at: NOON - DAY, id: '' } })
    expect(decide(opened, open)).toEqual({ refused: 'exists', message: 'tenant acme exists already' })
  })

  test.each<TenantCommand>([sweep(NOON), { name: 'pause', scope: 'tenant', ...by }])(
    'is unknown to a command before that: $name',
    (command) => {
      expect(decide(undefined, command)).toEqual({ refused: 'unknown', message: 'tenant acme does not exist' })
    },
  )
})

describe('the sweep of an agenda', () => {
  test('moves forward, or stays', () => {
    const swept = rowAfter(open, sweep(NOON))
    expect(swept).toEqual({ ...opened, version: 2, swept: { at: NOON, id: 'task7' } })
    expect(decide(swept, sweep(NOON))).toMatchObject({ version: 3 })
    expect(decide(swept, sweep(NOON - 1))).toEqual({
      refused: 'superseded',
      message: 'the sweep of tenant acme is past this place already',
    })
  })

  test('stores how far the tasks are behind, and forgets it when no walk finds any', () => {
    const behind = rowAfter(open, sweep(NOON, NOON - 5))
    expect(behind.behind).toBe(NOON - 5)
    expect(decide(behind, sweep(NOON + 1))).not.toHaveProperty('behind')
  })

  test('keeps the controls', () => {
    const paused = rowAfter(open, { name: 'pause', scope: 'tenant', ...by })
    expect(decide(paused, sweep(NOON))).toEqual({ ...paused, version: 3, swept: { at: NOON, id: 'task7' } })
  })
})

describe('the controls of a scope', () => {
  const scope = 'type.copy' as const
  const pause: TenantCommand = { name: 'pause', scope, ...by, reason: 'a bad release' }
  const resume: TenantCommand = { name: 'resume', scope, ...by }
  const limit = (limits: object): TenantCommand => ({ name: 'limit', scope, ...by, limits })
  const paused = { at: NOON, by: 'user:alice', reason: 'a bad release' }
  const rate = { count: 9, periodMs: 60_000 }

  test.each<[string, readonly TenantCommand[], object]>([
    ['a pause has its time, author and reason', [pause], { paused, revision: 2 }],
    ['a pause without a reason has none', [{ name: 'pause', scope, ...by }], { paused: by, revision: 2 }],
    ['a limit is set', [limit({ limit: 2, rate })], { limit: 2, rate, revision: 2 }],
    ['a limit keeps the pause', [pause, limit({ limit: 2 })], { limit: 2, paused, revision: 3 }],
    ['a pause keeps the limit', [limit({ limit: 2 }), pause], { limit: 2, paused, revision: 3 }],
    ['a resume keeps the limit', [limit({ limit: 2 }), pause, resume], { limit: 2, revision: 4 }],
    ['a limit replaces the whole limit', [limit({ limit: 2, rate }), limit({ limit: 3 })], { limit: 3, revision: 3 }],
    ['a removed control keeps its revision', [pause, resume], { revision: 3 }],
  ])('%s', (_, commands, control) => {
    const row = rowAfter(open, ...commands)
    expect(row.controls).toEqual({ [scope]: control })
    expect(row).toMatchObject({ version: commands.length + 1, swept: opened.swept, createdAt: NOON })
    expect(row.lastCommand).toEqual({ ...commands.at(-1), revision: row.version })
  })

  test('are those of each scope', () => {
    const row = rowAfter(open, pause, { name: 'limit', scope: 'lane.high', ...by, limits: { limit: 2 } })
    expect(row.controls).toEqual({ [scope]: { paused, revision: 2 }, 'lane.high': { limit: 2, revision: 3 } })
  })

  test.each<[string, readonly TenantCommand[], TenantCommand, string]>([
    ['a second pause', [pause], { ...pause, by: 'user:bob' }, 'type.copy is paused already, by user:alice'],
    ['a resume without a pause', [], resume, 'type.copy is not paused'],
    ['a resume of a limit', [limit({ limit: 2 })], resume, 'type.copy is not paused'],
    ['the same limit', [limit({ limit: 2, rate })], limit({ limit: 2, rate: { ...rate } }), 'type.copy has these limits already'],
    ['no limit where none is', [], limit({}), 'type.copy has these limits already'],
  ])('refuse %s as no change', (_, commands, command, message) => {
    expect(decide(rowAfter(open, ...commands), command)).toEqual({ refused: 'unchanged', message })
  })

  test.each<[object, object]>([
    [{ limit: 2 }, { limit: 3 }],
    [{ limit: 2 }, {}],
    [{ limit: 2, rate }, { limit: 2 }],
    [{ rate }, { rate: { ...rate, count: 8 } }],
    [{ rate }, { rate: { ...rate, periodMs: 1_000 } }],
  ])('are another limit when a part differs: %j and %j', (one, other) => {
    expect(decide(rowAfter(open, limit(one)), limit(other))).toMatchObject({ controls: { [scope]: other } })
  })

  test('are bounded in their number; a scope that has one can still be changed', () => {
    const most = LIMITS.controlsCount
    const controls: Controls = Object.fromEntries(
      Array.from({ length: most }, (_, index) => [`type.t${index}`, { limit: 1, revision: 2 }]),
    )
    const full: TenantRow = { ...opened, controls }
    expect(decide(full, pause)).toEqual({
      refused: 'invalid',
      message: `${most} scopes have a control already; a tenant has at most ${most}`,
      path: '/path/scope',
    })
    expect(decide(full, { name: 'pause', scope: 'type.t0', ...by })).toMatchObject({ version: 2 })
    const { 'type.t0': _, ...fewer } = controls as Record<string, { readonly revision: number }>
    expect(decide({ ...opened, controls: fewer }, pause)).toMatchObject({ version: 2 })
  })
})

describe('a change of the controls of a tenant', () => {
  const scope = 'type.copy' as const
  const before = rowAfter(open, { name: 'limit', scope: 'tenant', ...by, limits: { limit: 5 } })
  const after = rowAfter(
    open,
    { name: 'limit', scope: 'tenant', ...by, limits: { limit: 5 } },
    { name: 'limit', scope, ...by, limits: { limit: 2 } },
  )
  const entry = (at: string, value: object) => ({
    kind: 'appendEntries',
    list: { list: 'audit', tenant: 'acme', id: 'acme' },
    entries: [{ at: `${String(NOON).padStart(16, '0')}#${at}`, value }],
    since: NOON,
  })

  test('sends the new control to its gate, and no other, and is audited', () => {
    expect(tenantConsequences(before, after)).toEqual([
      { kind: 'control', gate: 'acme/type.copy', control: { limit: 2 }, revision: 3 },
      entry('type.copy#3', { at: NOON, by: 'user:alice', command: 'limit', scope, limits: { limit: 2 } }),
    ])
  })

  test('of Carillon itself is not audited', () => {
    const pausedBySystem = rowAfter(open, { name: 'pause', scope, at: NOON, by: 'system:health' })
    expect(tenantConsequences(opened, pausedBySystem)).toEqual([
      { kind: 'control', gate: 'acme/type.copy', control: { paused: { at: NOON, by: 'system:health' } }, revision: 2 },
    ])
  })

  test.each<[string, TenantRow | undefined, TenantRow | undefined]>([
    ['the opening', undefined, opened],
    ['a sweep', after, { ...after, version: 4, swept: { at: NOON, id: '' } }],
    ['a deletion', opened, undefined],
    ['no row', undefined, undefined],
  ])('is not in %s, which has no effects', (_, one, other) => {
    expect(tenantConsequences(one, other)).toEqual([])
  })

  test('is a pause or a resume too', () => {
    const paused = rowAfter(open, { name: 'pause', scope, ...by, reason: 'because' })
    expect(tenantConsequences(opened, paused).at(-1)).toEqual(
      entry('type.copy#2', { ...by, command: 'pause', scope, reason: 'because' }),
    )
  })
})
