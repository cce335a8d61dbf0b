import { describe, expect, test } from 'vitest'
import { apply } from '../../engine/apply.ts'
import { bury } from '../../engine/bury.ts'
import { relay } from '../../engine/relay.ts'
import { repairsNow, sweep } from '../../engine/sweep.ts'
import { POLICY } from '../core/task/rows.ts'
import { appOf, given, handWorld, keyOf, messageFor, rowOf } from './world.ts'

const MINUTE = 60_000

describe('the relay', () => {
  test('sends a near wake-up with the delay that is left when it is sent', async () => {
    const world = handWorld()
    const after = await given(world, 't1', { notBefore: world.now + 10_000 })
    world.advance(4_000)
    await relay(world, { after })
    expect(world.sent).toMatchObject([{ delayMs: 6_000, nudge: { epoch: 1 } }])
  })

  test('arms a timer for a far one, a minute before the minute, named by row and epoch', async () => {
    const world = handWorld()
    const after = await given(world, 't1', { notBefore: world.now + 60 * MINUTE + 5_000 })
    await relay(world, { after })
    await relay(world, { after })
    expect([...world.timersByName]).toMatchObject([['t1-1', { at: world.now + 59 * MINUTE, nudge: { id: 't1' } }]])
    expect(world.sent).toEqual([])
  })

  test('sends a far one that has come near while the relay was down', async () => {
    const world = handWorld()
    const after = await given(world, 't1', { notBefore: world.now + 16 * MINUTE })
    world.advance(10 * MINUTE)
    await relay(world, { after })
    expect(world.sent).toMatchObject([{ delayMs: 6 * MINUTE }])
  })

  test('disarms the timer of a task that is cancelled', async () => {
    const world = handWorld()
    const before = await given(world, 't1', { notBefore: world.now + 60 * MINUTE })
    await relay(world, { after: before })
    await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
    await relay(world, { before, after: await rowOf(world, 't1') })
    expect(world.timersByName.size).toBe(0)
  })

  test('submits the failure task once, with the failure as its input, however often it is told', async () => {
    const world = handWorld()
    const mend = { ...POLICY, type: 'mend' }
    const before = await given(world, 't1', { onFailure: mend, input: { inline: { name: 'Ada' } } })
    const error = { code: 'Broken', message: 'it broke', retriable: false }
    await apply(world, keyOf('t1'), () => ({ name: 'fail', at: world.now, by: 'w', error, retentionMs: 1 }))
    const after = await rowOf(world, 't1')
    await relay(world, { before, after })
    await relay(world, { before, after })
    expect(await rowOf(world, 't1.f1')).toMatchObject({
      type: 'mend',
      failureOf: 't1',
      version: 1,
      input: { inline: { taskId: 't1', type: 'greet', attempts: 0, error, input: { name: 'Ada' } } },
    })
  })

  test('leaves a failed input out of the failure task when both do not fit, and says so', async () => {
    const world = handWorld()
    const text = JSON.stringify('x'.repeat(262_100))
    await world.store.putDocument('acme', 't1', 'doc', text)
    const before = await given(world, 't1', {
      onFailure: { ...POLICY, type: 'mend' },
      input: { document: 'doc', bytes: text.length },
    })
    await apply(world, keyOf('t1'), () => ({
      name: 'fail',
      at: world.now,
      by: 'w',
      error: { code: 'B', message: 'b', retriable: false },
      retentionMs: 1,
    }))
    await relay(world, { before, after: await rowOf(world, 't1') })
    expect(await rowOf(world, 't1.f1')).toMatchObject({ input: { inline: { inputOmitted: true } } })
  })

  test('drops the documents of a task that the store has forgotten', async () => {
    const world = handWorld()
    await world.store.putDocument('acme', 't1', 'doc', '"x"')
    const before = await given(world, 't1', { input: { document: 'doc', bytes: 3 } })
    await relay(world, { before })
    expect(await world.store.getDocument('acme', 't1', 'doc')).toBeUndefined()
  })
})

describe('the dead letters', () => {
  const letterFor = (row: Parameters<typeof messageFor>[0]) => ({
    ...messageFor(row),
    receiveCount: 5,
    source: 'lane:normal',
    reason: 'thrown',
  })

  test('a task whose message died fails, with the provenance in its error', async () => {
    const world = handWorld()
    const row = await given(world, 't1')
    expect(await bury(world, appOf(), letterFor(row))).toEqual({ delivery: 'acknowledge' })
    const failed = await rowOf(world, 't1')
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'DeadLettered' } })
    expect(failed.error?.message).toMatch(/lane:normal after 5 receives: thrown \(body [0-9a-f]{16}\)/)
  })

  test('one that has a newer wake-up, or has finished, is left alone', async () => {
    const world = handWorld()
    const row = await given(world, 't1')
    await apply(world, keyOf('t1'), () => ({ name: 'reschedule', at: world.now, by: 'user:a', notBefore: world.now }))
    await bury(world, appOf(), letterFor(row))
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled' })
    await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
    expect(await bury(world, appOf(), letterFor(row))).toEqual({ delivery: 'acknowledge' })
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled' })
  })

  test('one that a worker still holds comes back later', async () => {
    const world = handWorld()
    const row = await given(world, 't1')
    await apply(world, keyOf('t1'), () => ({ name: 'claim', at: world.now, by: 'w', epoch: 1, owner: 'w', leaseMs: MINUTE }))
    expect(await bury(world, appOf(), letterFor(row))).toEqual({ delivery: 'return' })
  })
})

describe('the sweep', () => {
  test('repairs nothing in a healthy system', async () => {
    const world = handWorld()
    await given(world, 't1', { notBefore: world.now + 60 * MINUTE })
    await given(world, 't2')
    world.advance(MINUTE)
    expect(await sweep(world)).toMatchObject({ repaired: 0 })
  })

  test('wakes a task whose message was lost', async () => {
    const world = handWorld()
    await given(world, 't1')
    world.advance(3 * MINUTE)
    expect(await sweep(world)).toMatchObject({ repaired: 1 })
    expect(world.sent).toMatchObject([{ delayMs: 0, nudge: { id: 't1', epoch: 1 } }])
    expect(world.metered).toContainEqual({ metric: 'SweepRepairs', value: 1 })
  })

  test('wakes one whose timer was lost, whose retry was lost, and whose worker was lost', async () => {
    const world = handWorld()
    await given(world, 'far', { notBefore: world.now + 20 * MINUTE })
    const claim = (id: string) =>
      apply(world, keyOf(id), () => ({ name: 'claim', at: world.now, by: 'w', epoch: 1, owner: 'w', leaseMs: MINUTE }))
    await given(world, 'retried')
    await claim('retried')
    const error = { code: 'B', message: 'b', retriable: true }
    const dueAt = world.now + 20 * MINUTE
    await apply(world, keyOf('retried'), () => ({
      name: 'retry',
      at: world.now,
      by: 'w',
      claim: { epoch: 1, attempt: 1 },
      error,
      dueAt,
    }))
    world.advance(20 * MINUTE)
    await given(world, 'lost')
    await claim('lost')
    world.advance(3 * MINUTE + 1)
    expect(await sweep(world)).toMatchObject({ repaired: 3 })
    expect(world.sent.map(({ nudge }) => nudge.id).sort()).toEqual(['far', 'lost', 'retried'])
  })

  test('passes each settled stretch of the agenda once, and comes back to what is unsettled', async () => {
    const world = handWorld()
    await given(world, 'open')
    await given(world, 'done')
    await apply(world, keyOf('done'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
    world.advance(3 * MINUTE)
    expect(await sweep(world)).toMatchObject({ examined: 2 })
    await apply(world, keyOf('open'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
    world.advance(5 * MINUTE)
    expect(await sweep(world)).toMatchObject({ examined: 2 })
    world.advance(5 * MINUTE)
    expect(await sweep(world)).toMatchObject({ examined: 0 })
  })

  test('a long backlog is nudged at ever longer intervals, not at every sweep', () => {
    const repairs = Array.from({ length: 48 }, (_, turn) => 3 * MINUTE + turn * 5 * MINUTE).filter(repairsNow)
    expect(repairs.map((ms) => ms / MINUTE)).toEqual([3, 8, 18, 33, 68, 98, 128, 163, 193, 228])
  })
})
