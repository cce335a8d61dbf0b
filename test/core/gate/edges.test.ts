import { describe, expect, test } from 'vitest'
import { decideGate } from '../../../core/gate/decide.ts'
import { type GateRow, gateKey, type Holder } from '../../../core/gate/row.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { aGate } from '../../contract/rows.ts'

const KEY = gateKey('acme/key.one')
const stamp = { at: 5_000, by: 'system:test' }
const holder = (task: string, more: Partial<Holder> = {}): Holder => ({ task, epoch: 3, until: 100_000, ...more })
const gate = (more: Partial<GateRow> = {}): GateRow =>
  aGate('acme', 'key.one', { limits: { limit: 3 }, revision: 0, holders: [], ...more })

type Command = Parameters<typeof decideGate>[2]
const becomes = (row: GateRow, command: Command): GateRow => {
  const next = decideGate(KEY, row, command)
  if (isRefusal(next)) throw new Error(`refused ${next.refused}: ${next.message}`)
  return next
}
const acquire = (task: string, row: GateRow, more: object = {}): Command => ({
  name: 'acquire',
  ...stamp,
  task,
  epoch: 4,
  until: 200_000,
  limits: row.limits,
  revision: row.revision,
  ...more,
})

describe('a release', () => {
  const full = gate({ holders: [holder('acme/a'), holder('acme/b')] })
  test('frees the place of its task only', () =>
    expect(becomes(full, { name: 'release', ...stamp, task: 'acme/a', epoch: 3 }).holders).toEqual([holder('acme/b')]))
  test('of a task without a place changes nothing, and says so', () =>
    expect(decideGate(KEY, full, { name: 'release', ...stamp, task: 'acme/c', epoch: 3 })).toMatchObject({
      refused: 'unchanged',
      message: 'gate acme/key.one is unchanged: task acme/c holds no place',
    }))

  const limits = { limit: 3, rate: { count: 5, periodMs: 60_000 } }
  const starts = [1_000, 2_000, 3_000]
  test('of a reservation gives its start back; no other start', () => {
    const row = gate({
      limits,
      starts,
      holders: [holder('acme/a', { reservedAt: 2_000 }), holder('acme/b', { reservedAt: 3_000 })],
    })
    expect(becomes(row, { name: 'release', ...stamp, task: 'acme/a', epoch: 3 }).starts).toEqual([1_000, 3_000])
  })
  test('of a task that has started gives no start back', () => {
    const row = gate({ limits, starts, holders: [holder('acme/a'), holder('acme/b', { reservedAt: 3_000 })] })
    expect(becomes(row, { name: 'release', ...stamp, task: 'acme/a', epoch: 3 }).starts).toEqual(starts)
  })
})

describe('a task that waits again', () => {
  test('loses its own reservation, and others keep theirs', () => {
    const others = [holder('acme/b', { reservedAt: 3_000 }), holder('acme/c')]
    const row = gate({ holders: [holder('acme/a', { reservedAt: 2_000 }), ...others] })
    expect(becomes(row, { name: 'enqueue', ...stamp, task: 'acme/a', epoch: 4 })).toMatchObject({
      holders: others,
      waitlist: true,
    })
  })
  test('at a full or paused gate with a recorded waitlist changes nothing', () => {
    const full = gate({ limits: { limit: 1 }, holders: [holder('acme/a')], waitlist: true })
    const paused = gate({ control: { paused: { at: 1, by: 'user:eve' } }, waitlist: true })
    for (const row of [full, paused])
      expect(decideGate(KEY, row, { name: 'enqueue', ...stamp, task: 'acme/b', epoch: 4 })).toMatchObject({
        refused: 'unchanged',
        message: expect.stringContaining('its waitlist is recorded already'),
      })
  })
})

describe('a control', () => {
  const row = gate({ revision: 7, control: { limit: 2 } })
  test.each([6, 7])('of revision %i is older than the gate and changes nothing', (revision) =>
    expect(decideGate(KEY, row, { name: 'control', ...stamp, control: { limit: 9 }, revision })).toMatchObject({
      refused: 'unchanged',
      message: expect.stringContaining('it already has revision 7'),
    }),
  )
  test('of a later revision replaces the present one', () =>
    expect(becomes(row, { name: 'control', ...stamp, control: { limit: 9 }, revision: 8 })).toMatchObject({
      control: { limit: 9 },
      revision: 8,
    }))
  test.each([
    [6, { limit: 2 }],
    [7, { limit: 9 }],
  ])('that an acquire of revision %i brings leads to %j', (revision, control) =>
    expect(becomes(row, acquire('acme/a', row, { control: { limit: 9 }, revision })).control).toEqual(control),
  )
})

describe('an acquire', () => {
  const limits = { rate: { count: 2, periodMs: 60_000 } }
  test('beyond the rate is refused until the first start leaves the period', () => {
    const row = gate({ limits, starts: [1_000, 2_000] })
    expect(decideGate(KEY, row, acquire('acme/a', row))).toMatchObject({
      refused: 'busy',
      retryAt: 61_000,
      message: 'gate acme/key.one: its rate allows no start until 1970-01-01T00:01:01.000Z',
    })
  })
  test('in a rate is counted in the order of time, and the last start names its task and epoch', () => {
    const row = gate({ limits: { rate: { count: 3, periodMs: 60_000 } }, starts: [1_000, 9_000] })
    expect(becomes(row, acquire('acme/a', row))).toMatchObject({
      starts: [1_000, 5_000, 9_000],
      holders: [],
      lastStart: 'acme/a/4',
    })
  })
  test('of a reserved place starts, although other tasks wait and the places are taken', () => {
    const row = gate({ limits: { limit: 1 }, holders: [holder('acme/a', { reservedAt: 2_000 })], waitlist: true })
    expect(becomes(row, acquire('acme/a', row)).holders).toEqual([holder('acme/a', { epoch: 4, until: 200_000 })])
  })
  test('at a gate with a limit names no last start', () => {
    const row = gate()
    expect(becomes(row, acquire('acme/a', row)).lastStart).toBeUndefined()
  })
  test('at a gate without limits is not written, and says so', () => {
    const row = gate({ limits: {} })
    expect(decideGate(KEY, row, acquire('acme/a', row))).toMatchObject({
      refused: 'unchanged',
      message: expect.stringContaining('it has no limits'),
    })
  })
  test('with an older epoch than that of the place is refused with both', () => {
    const row = gate({ holders: [holder('acme/a', { epoch: 9 })] })
    expect(decideGate(KEY, row, acquire('acme/a', row))).toMatchObject({
      refused: 'superseded',
      message: 'task acme/a holds its place in gate acme/key.one with epoch 9, not 4',
    })
  })
})

describe('a dispatch', () => {
  const dispatch = (row: GateRow, more: object = {}): Command => ({
    name: 'dispatch',
    ...stamp,
    version: row.version,
    expired: [],
    renewed: [],
    candidates: [],
    hasMore: false,
    until: 200_000,
    ...more,
  })

  test('of another version is refused', () => {
    const row = gate()
    expect(decideGate(KEY, row, dispatch(row, { version: 77 }))).toEqual({
      refused: 'superseded',
      message: `gate acme/key.one is at version ${row.version}, not at 77`,
    })
  })

  test('renews each silent holder with its own time', () => {
    const row = gate({ holders: [holder('acme/a'), holder('acme/b'), holder('acme/c')] })
    const renewed = [
      { task: 'acme/b', epoch: 5, until: 500_000 },
      { task: 'acme/c', epoch: 6, until: 600_000 },
    ]
    expect(becomes(row, dispatch(row, { expired: ['acme/a'], renewed })).holders).toEqual(renewed)
  })

  test('of a gate that has lost its limits ends its waitlist when no task is on it', () => {
    const row = gate({ limits: {}, waitlist: true })
    expect(becomes(row, dispatch(row))).not.toHaveProperty('waitlist')
    expect(becomes(row, dispatch(row, { hasMore: true }))).toHaveProperty('waitlist', true)
    expect(becomes(row, dispatch(row, { candidates: [{ task: 'acme/a', epoch: 1 }] }))).toHaveProperty('waitlist', true)
  })
})

test('a task that waits again loses its own reservation, and no other task loses one', () => {
  const reserved = { reservedAt: 4_000 }
  const row = gate({ holders: [holder('acme/a', reserved), holder('acme/b', reserved), holder('acme/c')] })
  const after = becomes(row, { name: 'enqueue', ...stamp, task: 'acme/a', epoch: 4 })
  expect(after.holders.map(({ task }) => task)).toEqual(['acme/b', 'acme/c'])
  const running = becomes(row, { name: 'enqueue', ...stamp, task: 'acme/c', epoch: 4 })
  expect(running.holders.map(({ task }) => task)).toEqual(['acme/a', 'acme/b', 'acme/c'])
})

test('a task that holds a place acquires it again at a full and at a paused gate', () => {
  const row = gate({
    limits: { limit: 1 },
    holders: [holder('acme/a')],
    control: { paused: { at: 1, by: 'user:a' } },
    revision: 1,
  })
  expect(becomes(row, acquire('acme/a', row, { control: row.control })).holders).toEqual([
    { task: 'acme/a', epoch: 4, until: 200_000 },
  ])
})
