import { describe, expect, test } from 'vitest'
import { apply } from '../../engine/apply.ts'
import { relay } from '../../engine/relay.ts'
import { POLICY } from '../core/task/rows.ts'
import { engineWorld, given, keyOf, rowOf } from './world.ts'

const MINUTE = 60_000

describe('the relay', () => {
  test('sends a near wake-up with the delay that remains at sending', async () => {
    const world = engineWorld()
    const after = await given(world, 't1', { notBefore: world.now + 10_000 })
    world.advance(4_000)
    await relay(world, { after })
    expect(world.sent).toMatchObject([{ delayMs: 6_000, nudge: { epoch: 1 } }])
  })

  test('arms a timer for a far wake-up, some minutes early, with a name of row and epoch', async () => {
    const world = engineWorld()
    const after = await given(world, 't1', { notBefore: world.now + 60 * MINUTE + 5_000 })
    await relay(world, { after })
    await relay(world, { after })
    expect([...world.timersByName]).toMatchObject([['t1-1', { at: world.now + 53 * MINUTE, nudge: { id: 't1' } }]])
    expect(world.sent).toEqual([])
  })

  test('sends a message for a far wake-up that became near while the relay was down', async () => {
    const world = engineWorld()
    const after = await given(world, 't1', { notBefore: world.now + 16 * MINUTE })
    world.advance(10 * MINUTE)
    await relay(world, { after })
    expect(world.sent).toMatchObject([{ delayMs: 6 * MINUTE }])
  })

  test('disarms the timer of a cancelled task', async () => {
    const world = engineWorld()
    const before = await given(world, 't1', { notBefore: world.now + 60 * MINUTE })
    await relay(world, { after: before })
    await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
    await relay(world, { before, after: await rowOf(world, 't1') })
    expect(world.timersByName.size).toBe(0)
  })

  test('submits the failure task once, with the failure as its input, even if the change is relayed twice', async () => {
    const world = engineWorld()
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

  test('omits the failed input from a failure task that would be too large, and sets inputOmitted', async () => {
    const world = engineWorld()
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

  test('keeps a document of a new task with the same id when the old row is deleted', async () => {
    const world = engineWorld()
    await world.store.putDocument('acme', 't1', 'doc', '"x"')
    const before = await given(world, 't1', { input: { document: 'doc', bytes: 3 } })
    await relay(world, { before: { ...before, createdAt: before.createdAt - 1 } })
    expect(await world.store.getDocument('acme', 't1', 'doc')).toBe('"x"')
  })

  test('drops the documents of a deleted task', async () => {
    const world = engineWorld()
    await world.store.putDocument('acme', 'forgotten', 'doc', '"x"')
    const { id: _, ...row } = await given(world, 't1', { input: { document: 'doc', bytes: 3 } })
    await relay(world, { before: { ...row, id: 'forgotten' } })
    expect(await world.store.getDocument('acme', 'forgotten', 'doc')).toBeUndefined()
  })
})
