import { expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { apply } from '../../engine/apply.ts'
import { deadLetterOfChange, handleDeadLetter } from '../../engine/dead-letters.ts'
import { appOf, given, type HandWorld, handWorld, keyOf, messageFor, rowOf } from './world.ts'

/** The present message of a task dies. */
const dies = async (world: HandWorld, row?: Parameters<typeof messageFor>[0]) => {
  const message = messageFor(row ?? (await rowOf(world, 't1')))
  return handleDeadLetter(world, appOf(), { ...message, receiveCount: 5, source: 'lane:normal', reason: 'thrown' })
}
const claim = (world: HandWorld, epoch = 1) =>
  apply(world, keyOf('t1'), () => ({ name: 'claim', at: world.now, by: 'w', epoch, owner: 'w', leaseMs: 60_000 }))

test('a task whose message died without a start is armed anew, with the provenance in its history', async () => {
  const world = handWorld()
  await given(world, 't1')
  expect(await dies(world)).toEqual({ delivery: 'acknowledge' })
  const row = await rowOf(world, 't1')
  expect(row).toMatchObject({ state: 'scheduled', attempt: 0, redeliveries: 1, dueAt: world.now + LIMITS.redeliveryWaitMs })
  expect(row.history.at(-1)?.reason).toMatch(
    /DeadLettered: its message was moved to the lane:normal dead-letter queue after 5 receives: thrown \(body [0-9a-f]{16}\)/,
  )
})

test('it waits longer each time, and fails when that has not helped', async () => {
  const world = handWorld()
  await given(world, 't1')
  const waits: number[] = []
  for (let death = 0; death < LIMITS.redeliveriesCount; death++) {
    await dies(world)
    const { dueAt = 0 } = await rowOf(world, 't1')
    waits.push((dueAt - world.now) / 1_000)
    world.now = dueAt
  }
  expect(waits).toEqual([30, 120, 480, 1_920, 7_680])
  await dies(world)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'failed', error: { code: 'DeadLettered', retriable: true } })
})

test('a reason of any length makes no row larger than an error may', async () => {
  const world = handWorld()
  const row = await given(world, 't1')
  const letter = deadLetterOfChange({ after: row }, 10, new Error('😀'.repeat(100_000)))
  world.now = row.notBefore
  for (let death = 0; death <= LIMITS.redeliveriesCount; death++) {
    if (letter) await handleDeadLetter(world, appOf(), { ...letter, body: messageFor(await rowOf(world, 't1')).body })
    world.now += 86_400_000
  }
  const { state, error, history } = await rowOf(world, 't1')
  expect(state).toBe('failed')
  expect(error?.message.length).toBeLessThanOrEqual(LIMITS.errorMessageCount)
  // Half a character is none, and DynamoDB keeps texts in UTF-8.
  expect([error?.message, ...history.map(({ reason = '' }) => reason)].every((text) => text?.isWellFormed())).toBe(true)
})

test.each([
  ['a far task', async (world: HandWorld) => void (await given(world, 't1', { notBefore: world.now + 3 * 86_400_000 }))],
  [
    'a snoozed one',
    async (world: HandWorld) => {
      await given(world, 't1')
      await claim(world)
      const said = { at: world.now, by: 'w', claim: { epoch: 1, attempt: 1 } }
      await apply(world, keyOf('t1'), () => ({ name: 'snooze', ...said, dueAt: world.now + 21_600_000 }))
    },
  ],
])('%s whose wake-up dies before its time loses neither time nor count: its letter comes back', async (_, set) => {
  const world = handWorld()
  await set(world)
  const before = await rowOf(world, 't1')
  expect(await dies(world)).toEqual({ delivery: 'return' })
  expect(await rowOf(world, 't1')).toEqual(before)
})

test('whoever holds a task, or gives it another time, gives it a fresh start', async () => {
  const world = handWorld()
  await given(world, 't1')
  await dies(world)
  await apply(world, keyOf('t1'), () => ({ name: 'hold', at: world.now, by: 'user:a' }))
  expect(await rowOf(world, 't1')).not.toHaveProperty('redeliveries')
  await apply(world, keyOf('t1'), () => ({ name: 'ready', at: world.now, by: 'user:a' }))
  await dies(world)
  await apply(world, keyOf('t1'), () => ({ name: 'reschedule', at: world.now, by: 'user:a', notBefore: world.now }))
  expect(await rowOf(world, 't1')).not.toHaveProperty('redeliveries')
})

test('one that has a newer wake-up, or has finished, is left alone', async () => {
  const world = handWorld()
  const row = await given(world, 't1')
  await apply(world, keyOf('t1'), () => ({ name: 'reschedule', at: world.now, by: 'user:a', notBefore: world.now }))
  await dies(world, row)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', version: 2 })
  await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
  expect(await dies(world, row)).toEqual({ delivery: 'acknowledge' })
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled' })
})

test('a dead letter that names no kind of row is quarantined', async () => {
  const world = handWorld()
  const body = '{"kind":"other","tenant":"acme","id":"t1","epoch":1,"lane":"normal","dueAt":1}'
  const deadLetter = { id: 'm1', body, receiveCount: 5, source: 'lane:normal' }
  expect(await handleDeadLetter(world, appOf(), deadLetter)).toEqual({ delivery: 'acknowledge' })
  expect(world.lines.at(-1)).toMatchObject({ message: 'message.quarantined', fields: { source: 'lane:normal' } })
})

test('one that a worker still holds comes back later; when the worker is gone too, it counts as lost', async () => {
  const world = handWorld()
  await given(world, 't1')
  await claim(world)
  expect(await dies(world)).toEqual({ delivery: 'return' })
  world.advance(60_000)
  await dies(world)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', losses: 1 })
})

test('a task under which worker after worker dies fails as WorkerLost, message or no message', async () => {
  const world = handWorld()
  await given(world, 't1')
  for (let turn = 0; turn <= LIMITS.lossesCount; turn++) {
    const { epoch, dueAt = 0 } = await rowOf(world, 't1')
    world.now = Math.max(world.now, dueAt)
    await claim(world, epoch)
    world.advance(60_000)
    await dies(world)
  }
  expect(await rowOf(world, 't1')).toMatchObject({
    state: 'failed',
    error: { code: 'WorkerLost' },
    attempt: LIMITS.lossesCount + 1,
  })
})

test('one that is to be cancelled is, when its worker is gone', async () => {
  const world = handWorld()
  await given(world, 't1')
  await claim(world)
  await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
  world.advance(60_000)
  await dies(world)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled' })
})

test('a held task keeps to its deadline: the sweep looks after it', async () => {
  const world = handWorld()
  const held = await given(world, 't1', { ready: false, expiresAt: world.now + 60_000 })
  expect(await dies(world, held)).toEqual({ delivery: 'acknowledge' })
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'pending', version: 1 })
  world.advance(60_000)
  await dies(world, held)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'expired' })
})

test('a change that cannot be relayed has a dead letter while its task waits for a message, and none after', async () => {
  const world = handWorld()
  const after = await given(world, 't1')
  const letter = deadLetterOfChange({ after }, 10, new Error('lane normal is gone'))
  expect(letter).toMatchObject({ source: 'relay', receiveCount: 10, reason: 'lane normal is gone' })
  if (letter) await handleDeadLetter(world, appOf(), letter)
  expect(await rowOf(world, 't1')).toMatchObject({ redeliveries: 1 })
  await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
  expect(deadLetterOfChange({ after: await rowOf(world, 't1') }, 10, 'why')).toBeUndefined()
  expect(deadLetterOfChange({ before: after }, 10, 'why')).toBeUndefined()
})

test('what cannot be read is quarantined, once', async () => {
  const world = handWorld()
  const letter = { id: 'm1', body: 'garbage', receiveCount: 5, source: 'timers' }
  await handleDeadLetter(world, appOf(), letter)
  await handleDeadLetter(world, appOf(), letter)
  const places = await world.store.agenda({ tenant: 'carillon', order: 'latest', limit: 5 })
  expect(places).toHaveLength(1)
  expect(world.metered).toContainEqual({ metric: 'DeadLetters', value: 1 })
})
