import { expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { apply } from '../../engine/apply.ts'
import { deadLetterOfChange, handleDeadLetter } from '../../engine/dead-letters.ts'
import { appOf, type EngineWorld, engineWorld, given, keyOf, messageFor, rowOf } from './world.ts'

/** Handles the current message of a task as a dead letter. */
const deadLetterMessage = async (world: EngineWorld, row?: Parameters<typeof messageFor>[0]) => {
  const message = messageFor(row ?? (await rowOf(world, 't1')))
  return handleDeadLetter(world, appOf(), { ...message, receiveCount: 5, source: 'lane:normal', reason: 'thrown' })
}
const claim = (world: EngineWorld, epoch = 1) =>
  apply(world, keyOf('t1'), () => ({ name: 'claim', at: world.now, by: 'w', epoch, owner: 'w', leaseMs: 60_000 }))

test('an unstarted task with a dead letter is armed again, and its history has the provenance', async () => {
  const world = engineWorld()
  await given(world, 't1')
  expect(await deadLetterMessage(world)).toEqual({ delivery: 'acknowledge' })
  const row = await rowOf(world, 't1')
  expect(row).toMatchObject({ state: 'scheduled', attempt: 0, redeliveries: 1, dueAt: world.now + LIMITS.redeliveryWaitMs })
  expect(row.history.at(-1)).toMatchObject({ command: 'rearm', code: 'DeadLettered' })
  expect(row.history.at(-1)?.reason).toMatch(
    /^its message was moved to the lane:normal dead-letter queue after 5 receives: thrown \(body [0-9a-f]{16}\)/,
  )
})

test('each redelivery waits longer, and the task fails after the last one', async () => {
  const world = engineWorld()
  await given(world, 't1')
  const waits: number[] = []
  for (let death = 0; death < LIMITS.redeliveriesCount; death++) {
    await deadLetterMessage(world)
    const { dueAt = 0 } = await rowOf(world, 't1')
    waits.push((dueAt - world.now) / 1_000)
    world.now = dueAt
  }
  expect(waits).toEqual([30, 120, 480, 1_920, 7_680])
  await deadLetterMessage(world)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'failed', error: { code: 'DeadLettered', retriable: true } })
})

test('a long reason is cut to the bounds of an error', async () => {
  const world = engineWorld()
  const row = await given(world, 't1')
  const deadLetter = deadLetterOfChange({ after: row }, 10, new Error('😀'.repeat(100_000)))
  world.now = row.notBefore
  for (let death = 0; death <= LIMITS.redeliveriesCount; death++) {
    if (deadLetter) await handleDeadLetter(world, appOf(), { ...deadLetter, body: messageFor(await rowOf(world, 't1')).body })
    world.now += 86_400_000
  }
  const { state, error, history } = await rowOf(world, 't1')
  expect(state).toBe('failed')
  expect(error?.message.length).toBeLessThanOrEqual(LIMITS.errorMessageCount)
  // DynamoDB stores UTF-8, which has no half characters.
  expect([error?.message, ...history.map(({ reason = '' }) => reason)].every((text) => text?.isWellFormed())).toBe(true)
})

test.each([
  ['a far task', async (world: EngineWorld) => void (await given(world, 't1', { notBefore: world.now + 3 * 86_400_000 }))],
  [
    'a snoozed task',
    async (world: EngineWorld) => {
      await given(world, 't1')
      await claim(world)
      const stamp = { at: world.now, by: 'w', claim: { epoch: 1, attempt: 1 } }
      await apply(world, keyOf('t1'), () => ({ name: 'snooze', ...stamp, dueAt: world.now + 21_600_000 }))
    },
  ],
])('%s with a dead letter before its due time stays unchanged, and the dead letter is returned', async (_, set) => {
  const world = engineWorld()
  await set(world)
  const before = await rowOf(world, 't1')
  expect(await deadLetterMessage(world)).toEqual({ delivery: 'return' })
  expect(await rowOf(world, 't1')).toEqual(before)
})

test('hold and reschedule reset the count of redeliveries', async () => {
  const world = engineWorld()
  await given(world, 't1')
  await deadLetterMessage(world)
  await apply(world, keyOf('t1'), () => ({ name: 'hold', at: world.now, by: 'user:a' }))
  expect(await rowOf(world, 't1')).not.toHaveProperty('redeliveries')
  await apply(world, keyOf('t1'), () => ({ name: 'ready', at: world.now, by: 'user:a' }))
  await deadLetterMessage(world)
  await apply(world, keyOf('t1'), () => ({ name: 'reschedule', at: world.now, by: 'user:a', notBefore: world.now }))
  expect(await rowOf(world, 't1')).not.toHaveProperty('redeliveries')
})

test('a task with a newer wake-up, or a finished one, stays unchanged', async () => {
  const world = engineWorld()
  const row = await given(world, 't1')
  await apply(world, keyOf('t1'), () => ({ name: 'reschedule', at: world.now, by: 'user:a', notBefore: world.now }))
  await deadLetterMessage(world, row)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', version: 2 })
  await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
  expect(await deadLetterMessage(world, row)).toEqual({ delivery: 'acknowledge' })
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled' })
})

test('a dead letter that names no kind of row is quarantined', async () => {
  const world = engineWorld()
  const body = '{"kind":"other","tenant":"acme","id":"t1","epoch":1,"lane":"normal","dueAt":1}'
  const deadLetter = { id: 'm1', body, receiveCount: 5, source: 'lane:normal' }
  expect(await handleDeadLetter(world, appOf(), deadLetter)).toEqual({ delivery: 'acknowledge' })
  expect(world.lines.at(-1)).toMatchObject({ message: 'message.quarantined', fields: { source: 'lane:normal' } })
})

test('the dead letter of a leased task is returned; after the lease the worker counts as lost', async () => {
  const world = engineWorld()
  await given(world, 't1')
  await claim(world)
  expect(await deadLetterMessage(world)).toEqual({ delivery: 'return' })
  world.advance(60_000)
  await deadLetterMessage(world)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', losses: 1 })
})

test('a task that loses too many workers fails as WorkerLost', async () => {
  const world = engineWorld()
  await given(world, 't1')
  for (let turn = 0; turn <= LIMITS.lossesCount; turn++) {
    const { epoch, dueAt = 0 } = await rowOf(world, 't1')
    world.now = Math.max(world.now, dueAt)
    await claim(world, epoch)
    world.advance(60_000)
    await deadLetterMessage(world)
  }
  expect(await rowOf(world, 't1')).toMatchObject({
    state: 'failed',
    error: { code: 'WorkerLost' },
    attempt: LIMITS.lossesCount + 1,
  })
})

test('a task with a cancel request is cancelled after its worker is lost', async () => {
  const world = engineWorld()
  await given(world, 't1')
  await claim(world)
  await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
  world.advance(60_000)
  await deadLetterMessage(world)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled' })
})

test('a held task stays pending until its deadline, then it expires', async () => {
  const world = engineWorld()
  const held = await given(world, 't1', { ready: false, expiresAt: world.now + 60_000 })
  expect(await deadLetterMessage(world, held)).toEqual({ delivery: 'acknowledge' })
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'pending', version: 1 })
  world.advance(60_000)
  await deadLetterMessage(world, held)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'expired' })
})

test('a change that cannot be relayed has a dead letter while its task waits for a message, and none afterwards', async () => {
  const world = engineWorld()
  const after = await given(world, 't1')
  const deadLetter = deadLetterOfChange({ after }, 10, new Error('lane normal is gone'))
  expect(deadLetter).toMatchObject({ source: 'relay', receiveCount: 10, reason: 'lane normal is gone' })
  if (deadLetter) await handleDeadLetter(world, appOf(), deadLetter)
  expect(await rowOf(world, 't1')).toMatchObject({ redeliveries: 1 })
  await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
  expect(deadLetterOfChange({ after: await rowOf(world, 't1') }, 10, 'why')).toBeUndefined()
  expect(deadLetterOfChange({ before: after }, 10, 'why')).toBeUndefined()
})

test('an unreadable message is quarantined once', async () => {
  const world = engineWorld()
  const deadLetter = { id: 'm1', body: 'garbage', receiveCount: 5, source: 'timers' }
  await handleDeadLetter(world, appOf(), deadLetter)
  await handleDeadLetter(world, appOf(), deadLetter)
  const places = await world.store.agenda({ tenant: 'carillon', order: 'latest', limit: 5 })
  expect(places).toHaveLength(1)
  expect(world.metered).toContainEqual({ metric: 'DeadLetters', value: 1 })
})
