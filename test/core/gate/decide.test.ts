import { describe, expect, test } from 'vitest'
import type { AcquireGate, DispatchGate } from '../../../core/gate/command.ts'
import { decideGate } from '../../../core/gate/decide.ts'
import { type GateRow, gateKey } from '../../../core/gate/row.ts'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal, type Refusal } from '../../../core/refusal.ts'

const KEY = gateKey('acme/key.one')
const said = { at: 1_000, by: 'system:test' }

const enter = (task: string, more: Partial<AcquireGate> = {}): AcquireGate => ({
  name: 'acquire',
  ...said,
  task,
  epoch: 1,
  until: 100_000,
  limits: { limit: 1 },
  revision: 0,
  ...more,
})
const turn = (gate: GateRow, more: Partial<DispatchGate> = {}): DispatchGate => ({
  name: 'dispatch',
  ...said,
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
const no = (row: GateRow | undefined, command: Parameters<typeof decideGate>[2]): Refusal => {
  const next = decideGate(KEY, row, command)
  if (!isRefusal(next)) throw new Error(`not refused: ${JSON.stringify(next)}`)
  return next
}

const one = becomes(undefined, enter('acme/a'))

describe('entering', () => {
  test('the first one comes in, and nobody has to be woken', () => {
    expect(one).toMatchObject({ version: 1, holders: [{ task: 'acme/a', epoch: 1 }] })
    expect(one.dueAt).toBeUndefined()
  })

  test('the second one is refused when one may be inside', () => {
    expect(no(one, enter('acme/b'))).toMatchObject({
      refused: 'busy',
      message: expect.stringContaining('1 of 1 places are taken'),
    })
  })

  test('who is inside comes in again, later believed and under a newer epoch', () => {
    expect(becomes(one, enter('acme/a', { epoch: 4, until: 200_000 })).holders).toEqual([
      { task: 'acme/a', epoch: 4, until: 200_000 },
    ])
  })

  test('who does not know that the task has moved on cannot take over its place', () => {
    const again = becomes(one, enter('acme/a', { epoch: 4 }))
    expect(no(again, enter('acme/a', { epoch: 3 }))).toMatchObject({ refused: 'superseded' })
  })

  test('the limits of the last one stand', () => {
    expect(becomes(one, enter('acme/b', { limits: { limit: 2 } })).holders).toHaveLength(2)
  })

  test('nobody passes those who wait, even when there is room', () => {
    const waited = becomes(becomes(one, { name: 'enqueue', ...said, task: 'acme/z', epoch: 1 }), {
      name: 'release',
      ...said,
      task: 'acme/a',
      epoch: 1,
    })
    expect(no(waited, enter('acme/c'))).toMatchObject({ refused: 'busy', message: expect.stringContaining('others wait') })
  })

  test('what has no limits counts nobody and is not written', () => {
    expect(no(undefined, enter('acme/a', { limits: {} }))).toMatchObject({ refused: 'unchanged' })
  })

  test('a rate counts starts, and says when the next may be', () => {
    const limits = { rate: { count: 2, periodMs: 60_000 } }
    const two = becomes(becomes(undefined, enter('acme/a', { limits })), enter('acme/b', { limits, at: 11_000 }))
    expect(two).toMatchObject({ starts: [1_000, 11_000], holders: [] })
    expect(no(two, enter('acme/c', { limits, at: 60_999 }))).toMatchObject({ refused: 'busy', retryAt: 61_000 })
    expect(becomes(two, enter('acme/c', { limits, at: 61_000 })).starts).toEqual([11_000, 61_000])
  })

  test('who was called starts when it comes: a rate counts that, and not the call', () => {
    const limits = { rate: { count: 1, periodMs: 60_000 } }
    const first = becomes(undefined, enter('acme/a', { limits }))
    const waits = becomes(first, { name: 'enqueue', ...said, task: 'acme/b', epoch: 2 })
    const call = (gate: GateRow, task: string, at: number) =>
      becomes(gate, turn(gate, { at, candidates: [{ task, epoch: 2 }], hasMore: true }))
    const called = call(call(waits, 'acme/b', 61_000), 'acme/c', 121_000)
    expect(called.starts).toEqual([121_000])
    // What has been set aside for the other one counts against it.
    expect(no(called, enter('acme/b', { limits, epoch: 3, at: 125_000 }))).toMatchObject({ refused: 'busy', retryAt: 181_000 })
    const come = becomes(called, enter('acme/c', { limits, epoch: 3, at: 126_000 }))
    expect(come.starts).toEqual([126_000])
    const back = becomes(come, { name: 'enqueue', at: 126_100, by: 'x', task: 'acme/b', epoch: 4 })
    expect(back).toMatchObject({ holders: [], starts: [126_000] })
    expect(becomes(back, turn(back, { at: 181_000 })).dueAt).toBe(186_000)
  })

  test('a paused gate lets nobody in', () => {
    const control = { paused: { at: 1, by: 'user:ann', reason: 'a bad release' } }
    const paused = becomes(undefined, { name: 'control', ...said, control, revision: 3 })
    expect(no(paused, enter('acme/a'))).toMatchObject({ refused: 'busy', message: expect.stringContaining('paused by user:ann') })
    expect(paused.forgetAt).toBeUndefined()
  })

  test('an executor that knows an older saying does not bring it back', () => {
    const resumed = becomes(undefined, { name: 'control', ...said, control: {}, revision: 4 })
    const stale = { control: { paused: { at: 1, by: 'user:ann' } }, revision: 3 }
    expect(becomes(resumed, enter('acme/a', stale)).control).toEqual({})
  })
})

describe('leaving', () => {
  test('the place is free, and an empty gate is forgotten some day', () => {
    const empty = becomes(one, { name: 'release', ...said, task: 'acme/a', epoch: 1 })
    expect(empty).toMatchObject({ holders: [], forgetAt: 1_000 + LIMITS.gateKeepMs })
  })

  test('an older epoch does not take the place of a newer one along', () => {
    const again = becomes(one, enter('acme/a', { epoch: 3 }))
    expect(no(again, { name: 'release', ...said, task: 'acme/a', epoch: 2 })).toMatchObject({ refused: 'unchanged' })
  })

  test('the gate is turned at once when somebody waits', () => {
    const waited = becomes(one, { name: 'enqueue', ...said, task: 'acme/z', epoch: 1 })
    const left = becomes(waited, { name: 'release', at: 5_000, by: 'x', task: 'acme/a', epoch: 1 })
    expect(left).toMatchObject({ dueAt: 5_000, epoch: left.version })
  })
})

describe('the line', () => {
  test('somebody who arrives at a full gate lets it look after its holders when their time is up', () => {
    expect(becomes(one, { name: 'enqueue', ...said, task: 'acme/z', epoch: 1 })).toMatchObject({
      waitlist: true,
      dueAt: 100_000,
      epoch: 2,
    })
  })

  test('a second arrival at a full gate costs nothing', () => {
    const waited = becomes(one, { name: 'enqueue', ...said, task: 'acme/z', epoch: 1 })
    expect(no(waited, { name: 'enqueue', ...said, task: 'acme/z', epoch: 1 })).toMatchObject({ refused: 'unchanged' })
  })

  test('an arrival at a gate with room is always written: it may be just being turned', () => {
    const free = becomes(becomes(one, { name: 'enqueue', ...said, task: 'acme/z', epoch: 1 }), {
      name: 'release',
      ...said,
      task: 'acme/a',
      epoch: 1,
    })
    expect(becomes(free, { name: 'enqueue', ...said, task: 'acme/z', epoch: 1 }).version).toBe(free.version + 1)
  })
})

describe('turning', () => {
  const waited = becomes(one, { name: 'enqueue', ...said, task: 'acme/z', epoch: 1 })
  const free = becomes(waited, { name: 'release', ...said, task: 'acme/a', epoch: 1 })
  const candidates = [
    { task: 'acme/b', epoch: 7 },
    { task: 'acme/c', epoch: 2 },
  ]

  test('calls as many as there is room for, and remembers that others wait', () => {
    const turned = becomes(free, turn(free, { candidates }))
    expect(turned).toMatchObject({ holders: [{ task: 'acme/b', epoch: 7, until: 121_000, reservedAt: 1_000 }], waitlist: true })
    expect(turned).toMatchObject({ dueAt: 121_000, epoch: turned.version })
  })

  test('says that nobody waits when the last one was called, and still looks whether it comes', () => {
    const turned = becomes(free, turn(free, { candidates: candidates.slice(0, 1) }))
    expect(turned.waitlist).toBeUndefined()
    expect(turned.dueAt).toBe(121_000)
    const come = becomes(turned, enter('acme/b', { epoch: 7 }))
    expect(come.holders).toEqual([{ task: 'acme/b', epoch: 7, until: 100_000 }])
  })

  test('looked at another version, it is refused', () => {
    expect(no(free, turn(waited, { candidates }))).toMatchObject({ refused: 'superseded' })
  })

  test('settling who is inside is a commit of its own, after which the line is read again', () => {
    const settled = becomes(waited, turn(waited, { expired: ['acme/a'], candidates }))
    expect(settled).toMatchObject({ holders: [], waitlist: true, dueAt: 1_000, epoch: settled.version })
  })

  test('a holder that is still entitled is believed for longer', () => {
    const settled = becomes(waited, turn(waited, { renewed: [{ task: 'acme/a', until: 300_000 }] }))
    expect(settled).toMatchObject({ holders: [{ task: 'acme/a', until: 300_000 }], dueAt: 300_000 })
  })

  test('a full or paused gate does not say that nobody waits, whatever was read', () => {
    expect(becomes(waited, turn(waited))).toMatchObject({ waitlist: true })
    const paused = becomes(free, { name: 'control', ...said, control: { paused: { at: 1, by: 'user:ann' } }, revision: 1 })
    expect(becomes(paused, turn(paused, { candidates }))).toMatchObject({ waitlist: true, holders: [] })
    expect(becomes(paused, turn(paused)).dueAt).toBeUndefined()
  })

  test('one that was called and stands in line again gives its place up, and the first of the line is called', () => {
    const turned = becomes(free, turn(free, { candidates }))
    const back = becomes(turned, { name: 'enqueue', at: 2_000, by: 'x', task: 'acme/b', epoch: 9 })
    expect(back).toMatchObject({ holders: [], waitlist: true, dueAt: 2_000, epoch: back.version })
    // Told once more of the line that it stood in when it was called, the gate has called it already.
    expect(no(turned, { name: 'enqueue', ...said, task: 'acme/b', epoch: 7 })).toMatchObject({ refused: 'unchanged' })
  })

  test('calls no more than a hundred who do not come, where only a rate counts: its row stays small', () => {
    const limits = { rate: { count: 100, periodMs: 1_000 } }
    let gate = becomes(becomes(undefined, enter('acme/a', { limits })), { name: 'enqueue', ...said, task: 'acme/b', epoch: 1 })
    for (let at = 2_000; at < 12_000; at += 1_000) {
      const crowd = Array.from({ length: 25 }, (_, index) => ({ task: `acme/t${at}.${index}`, epoch: 1 }))
      gate = becomes(gate, turn(gate, { at, candidates: crowd, hasMore: true, until: at + 120_000 }))
    }
    expect(gate.holders).toHaveLength(LIMITS.gateLimitCount)
    expect(gate.dueAt).toBe(122_000)
    const come = becomes(gate, enter('acme/t2000.0', { at: 12_500, limits }))
    expect(come).toMatchObject({ waitlist: true, dueAt: 12_500 })
  })

  test('one that was called and comes after a pause has to wait again', () => {
    const turned = becomes(free, turn(free, { candidates }))
    const paused = becomes(turned, { name: 'control', ...said, control: { paused: { at: 1, by: 'user:ann' } }, revision: 1 })
    expect(no(paused, enter('acme/b', { epoch: 7 }))).toMatchObject({ refused: 'busy' })
  })
})
