import { describe, expect, test } from 'vitest'
import type { AcquireGate, DispatchGate } from '../../../core/gate/command.ts'
import { decideGate } from '../../../core/gate/decide.ts'
import { type GateRow, gateKey } from '../../../core/gate/row.ts'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal, type Refusal } from '../../../core/refusal.ts'

const KEY = gateKey('acme/key.one')
const stamp = { at: 1_000, by: 'system:test' }

const acquire = (task: string, more: Partial<AcquireGate> = {}): AcquireGate => ({
  name: 'acquire',
  ...stamp,
  task,
  epoch: 1,
  until: 100_000,
  limits: { limit: 1 },
  revision: 0,
  ...more,
})
const dispatch = (gate: GateRow, more: Partial<DispatchGate> = {}): DispatchGate => ({
  name: 'dispatch',
  ...stamp,
  version: gate.version,
  expired: [],
  renewed: [],
  candidates: [],
  hasMore: false,
  until: 121_000,
  ...more,
})

const becomes = (row: GateRow | undefined, command: Parameters<typeof decideGate>[2]): GateRow => {
  const next = decideGate(KEY, row, command)
  if (isRefusal(next)) throw new Error(`refused ${next.refused}: ${next.message}`)
  return next
}
const refusalOf = (row: GateRow | undefined, command: Parameters<typeof decideGate>[2]): Refusal => {
  const next = decideGate(KEY, row, command)
  if (!isRefusal(next)) throw new Error(`not refused: ${JSON.stringify(next)}`)
  return next
}

const held = becomes(undefined, acquire('acme/a'))

describe('acquire', () => {
  test('the first task gets a place, and the gate needs no wake-up', () => {
    expect(held).toMatchObject({ version: 1, holders: [{ task: 'acme/a', epoch: 1 }] })
    expect(held.dueAt).toBeUndefined()
  })

  test('a second task is refused at limit 1', () => {
    expect(refusalOf(held, acquire('acme/b'))).toMatchObject({
      refused: 'busy',
      message: expect.stringContaining('1 of 1 places are taken'),
    })
  })

  test('a holder acquires again with a newer epoch and a later `until`', () => {
    expect(becomes(held, acquire('acme/a', { epoch: 4, until: 200_000 })).holders).toEqual([
      { task: 'acme/a', epoch: 4, until: 200_000 },
    ])
  })

  test('an older epoch of the task cannot take over the place', () => {
    const again = becomes(held, acquire('acme/a', { epoch: 4 }))
    expect(refusalOf(again, acquire('acme/a', { epoch: 3 }))).toMatchObject({ refused: 'superseded' })
  })

  test('the last acquire sets the limits', () => {
    expect(becomes(held, acquire('acme/b', { limits: { limit: 2 } })).holders).toHaveLength(2)
  })

  test('a new task does not overtake the waitlist, even when a place is free', () => {
    const waited = becomes(becomes(held, { name: 'enqueue', ...stamp, task: 'acme/z', epoch: 1 }), {
      name: 'release',
      ...stamp,
      task: 'acme/a',
      epoch: 1,
    })
    expect(refusalOf(waited, acquire('acme/c'))).toMatchObject({
      refused: 'busy',
      message: expect.stringContaining('other tasks wait before it'),
    })
  })

  test('a gate without limits keeps no holders and is not written', () => {
    expect(refusalOf(undefined, acquire('acme/a', { limits: {} }))).toMatchObject({ refused: 'unchanged' })
  })

  test('a rate counts starts, and the refusal names the next possible start', () => {
    const limits = { rate: { count: 2, periodMs: 60_000 } }
    const two = becomes(becomes(undefined, acquire('acme/a', { limits })), acquire('acme/b', { limits, at: 11_000 }))
    expect(two).toMatchObject({ starts: [1_000, 11_000], holders: [], lastStart: 'acme/b/1' })
    expect(refusalOf(two, acquire('acme/c', { limits, at: 60_999 }))).toMatchObject({ refused: 'busy', retryAt: 61_000 })
    expect(becomes(two, acquire('acme/c', { limits, at: 61_000 })).starts).toEqual([11_000, 61_000])
  })

  test('a rate counts the start of an admitted task, not its reservation', () => {
    const limits = { rate: { count: 1, periodMs: 60_000 } }
    const first = becomes(undefined, acquire('acme/a', { limits }))
    const waits = becomes(first, { name: 'enqueue', ...stamp, task: 'acme/b', epoch: 2 })
    const admit = (gate: GateRow, task: string, at: number) =>
      becomes(gate, dispatch(gate, { at, candidates: [{ task, epoch: 2 }], hasMore: true }))
    const admitted = admit(admit(waits, 'acme/b', 61_000), 'acme/c', 121_000)
    expect(admitted.starts).toEqual([121_000])
    // The reservation of the other task counts.
    expect(refusalOf(admitted, acquire('acme/b', { limits, epoch: 3, at: 125_000 }))).toMatchObject({
      refused: 'busy',
      retryAt: 181_000,
    })
    const started = becomes(admitted, acquire('acme/c', { limits, epoch: 3, at: 126_000 }))
    expect(started.starts).toEqual([126_000])
    const back = becomes(started, { name: 'enqueue', at: 126_100, by: 'x', task: 'acme/b', epoch: 4 })
    expect(back).toMatchObject({ holders: [], starts: [126_000] })
    expect(becomes(back, dispatch(back, { at: 181_000 })).dueAt).toBe(186_000)
  })

  test('a paused gate refuses every task', () => {
    const control = { paused: { at: 1, by: 'user:ann', reason: 'a bad release' } }
    const paused = becomes(undefined, { name: 'control', ...stamp, control, revision: 3 })
    expect(refusalOf(paused, acquire('acme/a'))).toMatchObject({
      refused: 'busy',
      message: expect.stringContaining('paused by user:ann'),
    })
    expect(paused.forgetAt).toBeUndefined()
  })

  test('an acquire with an older control does not restore it', () => {
    const resumed = becomes(undefined, { name: 'control', ...stamp, control: {}, revision: 4 })
    const stale = { control: { paused: { at: 1, by: 'user:ann' } }, revision: 3 }
    expect(becomes(resumed, acquire('acme/a', stale)).control).toEqual({})
  })
})

describe('release', () => {
  test('the place is free, and an empty gate gets a time to be forgotten', () => {
    const empty = becomes(held, { name: 'release', ...stamp, task: 'acme/a', epoch: 1 })
    expect(empty).toMatchObject({ holders: [], forgetAt: 1_000 + LIMITS.gateKeepMs })
  })

  test('an older epoch does not free the place of a newer one', () => {
    const again = becomes(held, acquire('acme/a', { epoch: 3 }))
    expect(refusalOf(again, { name: 'release', ...stamp, task: 'acme/a', epoch: 2 })).toMatchObject({ refused: 'unchanged' })
  })

  test('the gate dispatches at once when a task waits', () => {
    const waited = becomes(held, { name: 'enqueue', ...stamp, task: 'acme/z', epoch: 1 })
    const released = becomes(waited, { name: 'release', at: 5_000, by: 'x', task: 'acme/a', epoch: 1 })
    expect(released).toMatchObject({ dueAt: 5_000, epoch: released.version })
  })
})

describe('enqueue', () => {
  test('a task that waits at a full gate arms a wake-up for the time when its holders are checked', () => {
    expect(becomes(held, { name: 'enqueue', ...stamp, task: 'acme/z', epoch: 1 })).toMatchObject({
      waitlist: true,
      dueAt: 100_000,
      epoch: 2,
    })
  })

  test('a second waiting task at a full gate needs no write', () => {
    const waited = becomes(held, { name: 'enqueue', ...stamp, task: 'acme/z', epoch: 1 })
    expect(refusalOf(waited, { name: 'enqueue', ...stamp, task: 'acme/z', epoch: 1 })).toMatchObject({ refused: 'unchanged' })
  })

  test('a waiting task at a gate with room is always written, because a dispatch may be under way', () => {
    const free = becomes(becomes(held, { name: 'enqueue', ...stamp, task: 'acme/z', epoch: 1 }), {
      name: 'release',
      ...stamp,
      task: 'acme/a',
      epoch: 1,
    })
    expect(becomes(free, { name: 'enqueue', ...stamp, task: 'acme/z', epoch: 1 }).version).toBe(free.version + 1)
  })
})

describe('dispatch', () => {
  const waited = becomes(held, { name: 'enqueue', ...stamp, task: 'acme/z', epoch: 1 })
  const free = becomes(waited, { name: 'release', ...stamp, task: 'acme/a', epoch: 1 })
  const candidates = [
    { task: 'acme/b', epoch: 7 },
    { task: 'acme/c', epoch: 2 },
  ]

  test('admits as many tasks as there are places, and records that others wait', () => {
    const dispatched = becomes(free, dispatch(free, { candidates }))
    expect(dispatched).toMatchObject({
      holders: [{ task: 'acme/b', epoch: 7, until: 121_000, reservedAt: 1_000 }],
      waitlist: true,
    })
    expect(dispatched).toMatchObject({ dueAt: 121_000, epoch: dispatched.version })
  })

  test('records an empty waitlist after the last task is admitted, and still checks that it starts', () => {
    const dispatched = becomes(free, dispatch(free, { candidates: candidates.slice(0, 1) }))
    expect(dispatched.waitlist).toBeUndefined()
    expect(dispatched.dueAt).toBe(121_000)
    const started = becomes(dispatched, acquire('acme/b', { epoch: 7 }))
    expect(started.holders).toEqual([{ task: 'acme/b', epoch: 7, until: 100_000 }])
  })

  test('is refused when it was prepared for another version', () => {
    expect(refusalOf(free, dispatch(waited, { candidates }))).toMatchObject({ refused: 'superseded' })
  })

  test('drops holders in a commit of its own, after which the waitlist is read again', () => {
    const settled = becomes(waited, dispatch(waited, { expired: ['acme/a'], candidates }))
    expect(settled).toMatchObject({ holders: [], waitlist: true, dueAt: 1_000, epoch: settled.version })
  })

  test('renews a holder that still needs its place', () => {
    const settled = becomes(waited, dispatch(waited, { renewed: [{ task: 'acme/a', until: 300_000 }] }))
    expect(settled).toMatchObject({ holders: [{ task: 'acme/a', until: 300_000 }], dueAt: 300_000 })
  })

  test('never records an empty waitlist at a full or paused gate, whatever was read', () => {
    expect(becomes(waited, dispatch(waited))).toMatchObject({ waitlist: true })
    const paused = becomes(free, { name: 'control', ...stamp, control: { paused: { at: 1, by: 'user:ann' } }, revision: 1 })
    expect(becomes(paused, dispatch(paused, { candidates }))).toMatchObject({ waitlist: true, holders: [] })
    expect(becomes(paused, dispatch(paused)).dueAt).toBeUndefined()
  })

  test('a reserved task that waits again loses its place, and the first task of the waitlist is admitted', () => {
    const dispatched = becomes(free, dispatch(free, { candidates }))
    const back = becomes(dispatched, { name: 'enqueue', at: 2_000, by: 'x', task: 'acme/b', epoch: 9 })
    expect(back).toMatchObject({ holders: [], waitlist: true, dueAt: 2_000, epoch: back.version })
    // A repeated enqueue with the old epoch changes nothing: the gate has admitted the task since.
    expect(refusalOf(dispatched, { name: 'enqueue', ...stamp, task: 'acme/b', epoch: 7 })).toMatchObject({ refused: 'unchanged' })
  })

  test('keeps at most a hundred reservations at a gate with only a rate, so that its row stays small', () => {
    const limits = { rate: { count: 100, periodMs: 1_000 } }
    let gate = becomes(becomes(undefined, acquire('acme/a', { limits })), { name: 'enqueue', ...stamp, task: 'acme/b', epoch: 1 })
    for (let at = 2_000; at < 12_000; at += 1_000) {
      const candidates = Array.from({ length: 25 }, (_, index) => ({ task: `acme/t${at}.${index}`, epoch: 1 }))
      gate = becomes(gate, dispatch(gate, { at, candidates: candidates, hasMore: true, until: at + 120_000 }))
    }
    expect(gate.holders).toHaveLength(LIMITS.gateLimitCount)
    expect(gate.dueAt).toBe(122_000)
    const started = becomes(gate, acquire('acme/t2000.0', { at: 12_500, limits }))
    expect(started).toMatchObject({ waitlist: true, dueAt: 12_500 })
  })

  test('an admitted task that starts after a pause must wait again', () => {
    const dispatched = becomes(free, dispatch(free, { candidates }))
    const paused = becomes(dispatched, { name: 'control', ...stamp, control: { paused: { at: 1, by: 'user:ann' } }, revision: 1 })
    expect(refusalOf(paused, acquire('acme/b', { epoch: 7 }))).toMatchObject({ refused: 'busy' })
  })
})
