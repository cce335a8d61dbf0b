import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { handle } from '../../../api/http/handle.ts'
import { defineTask, giveUp, wait } from '../../../core/define.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import type { App } from '../../../engine/app.ts'
import { apply } from '../../../engine/apply.ts'
import { handleDeadLetter } from '../../../engine/dead-letters.ts'
import { execute } from '../../../engine/execute/execute.ts'
import { relay } from '../../../engine/relay.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import { POLICY } from '../../core/task/rows.ts'
import { appOf, given, type HandWorld, handWorld, keyOf, messageFor, rowOf } from '../world.ts'

/** Two deployments on one store, as a table and its copy are: what each has run is written down. */
const twoOn = (world: HandWorld) => {
  const runs: string[] = []
  const appIn = (environmentId: string): App => ({
    ...appOf(
      defineTask('greet', { input: z.unknown(), run: ({ task }) => void runs.push(`${task.id} in ${environmentId}`) }),
      defineTask('wait', { input: z.unknown(), run: () => wait() }),
      defineTask('fail', { input: z.unknown(), onFailure: 'greet', run: () => giveUp('no use') }),
    ),
    environmentId,
  })
  const ask = async (app: App, method: string, path: string, body: object = {}) => {
    const caller = { tenant: 'acme', scopes: ['carillon/write'], by: 'user:ada' } as const
    const headers = { 'content-type': 'application/json' }
    const request = { method, path, query: {}, headers, ...(method === 'POST' ? { body: JSON.stringify(body) } : {}) }
    return JSON.parse((await handle(world, app, caller, request)).body ?? '')
  }
  return { runs, ask, original: appIn('production'), copy: appIn('staging') }
}

const HELD = 'created in environment production; this is environment staging: make the task ready to run it here'

describe('a task that was made in another environment', () => {
  test('is never run here: it is held, and says why', async () => {
    const world = handWorld()
    const { runs, ask, original, copy } = twoOn(world)
    const { id } = await ask(original, 'POST', '/v1/tasks', { type: 'greet', input: {} })
    expect(await execute(world, copy, messageFor(await rowOf(world, id)))).toEqual({ delivery: 'acknowledge' })
    const held = await ask(copy, 'GET', `/v1/tasks/${id}`)
    expect(held).toMatchObject({ state: 'pending', attempt: 0, environmentId: 'production' })
    expect(held).not.toHaveProperty('dueAt')
    expect(held.history.at(-1)).toMatchObject({ state: 'pending', by: 'system:execute', reason: HELD })
    // Nothing wakes it either.
    world.advance(86_400_000)
    await sweep(world, copy)
    expect(world.sent).toEqual([])
    expect(runs).toEqual([])
  })

  test('runs here once somebody makes it ready here, and is ours from then on', async () => {
    const world = handWorld()
    const { runs, ask, original, copy } = twoOn(world)
    const { id } = await ask(original, 'POST', '/v1/tasks', { type: 'greet', input: {} })
    await execute(world, copy, messageFor(await rowOf(world, id)))
    expect(await ask(copy, 'POST', `/v1/tasks/${id}/ready`)).toMatchObject({ state: 'scheduled', environmentId: 'staging' })
    await execute(world, copy, messageFor(await rowOf(world, id)))
    expect(await rowOf(world, id)).toMatchObject({ state: 'succeeded', environmentId: 'staging' })
    expect(runs).toEqual([`${id} in staging`])
  })

  test('is left alone while it runs there, and held here after its lease', async () => {
    const world = handWorld()
    const { runs, original, copy } = twoOn(world)
    const row = await given(world, 't1', { environmentId: original.environmentId })
    await apply(world, keyOf('t1'), () => ({
      name: 'claim',
      at: world.now,
      by: 'worker:w1',
      owner: 'w1',
      epoch: row.epoch,
      leaseMs: 60_000,
    }))
    expect(await execute(world, copy, messageFor(row))).toEqual({ delivery: 'return' })
    world.advance(60_000)
    expect(await execute(world, copy, messageFor(row))).toEqual({ delivery: 'acknowledge' })
    const held = await rowOf(world, 't1')
    expect(held).toMatchObject({ state: 'pending', attempt: 1, losses: 1 })
    expect(held).not.toHaveProperty('lease')
    expect(runs).toEqual([])
  })

  test('that waits is held when it is resumed', async () => {
    const world = handWorld()
    const { original, copy } = twoOn(world)
    const row = await given(world, 't1', { environmentId: 'production', policy: { ...POLICY, type: 'wait' } })
    await execute(world, original, messageFor(row))
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'waiting' })
    await apply(world, keyOf('t1'), () => ({ name: 'resume', at: world.now, by: 'user:ada' }))
    await execute(world, copy, messageFor(await rowOf(world, 't1')))
    expect(await rowOf(world, 't1')).toMatchObject({
      state: 'pending',
      history: expect.arrayContaining([expect.objectContaining({ reason: HELD })]),
    })
  })

  test('that is redriven here is held as well: many are redriven at once, and none by mistake', async () => {
    const world = handWorld()
    const { runs, ask, original, copy } = twoOn(world)
    const { id } = await ask(original, 'POST', '/v1/tasks', { type: 'fail', input: {} })
    await execute(world, original, messageFor(await rowOf(world, id)))
    await ask(copy, 'POST', `/v1/tasks/${id}/redrive`)
    await execute(world, copy, messageFor(await rowOf(world, id)))
    expect(await rowOf(world, id)).toMatchObject({ state: 'pending' })
    expect(runs).toEqual([])
  })

  test('expires at its deadline, held or not', async () => {
    const world = handWorld()
    const { original, copy } = twoOn(world)
    const row = await given(world, 't1', { environmentId: original.environmentId, expiresAt: world.now + 60_000 })
    await execute(world, copy, messageFor(row))
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'pending', dueAt: world.now + 60_000 })
    world.advance(60_000)
    await execute(world, copy, messageFor(await rowOf(world, 't1')))
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'expired' })
  })

  test('has failure tasks that belong where it does', async () => {
    const world = handWorld()
    const { runs, original, copy, ask } = twoOn(world)
    const { id } = await ask(original, 'POST', '/v1/tasks', { type: 'fail', input: {} })
    const before = await rowOf(world, id)
    await execute(world, original, messageFor(before))
    const after = await rowOf(world, id)
    await relay(world, { before, after })
    const { failureTask } = await ask(copy, 'GET', `/v1/tasks/${id}`)
    const handler = await rowOf(world, failureTask)
    expect(handler.environmentId).toBe('production')
    await execute(world, copy, messageFor(handler))
    expect(await rowOf(world, failureTask)).toMatchObject({ state: 'pending' })
    expect(runs).toEqual([])
  })
})

test('a task that was made before environments were remembered is ours', async () => {
  const world = handWorld()
  const { runs, copy } = twoOn(world)
  const row = await given(world, 't1')
  expect(row).not.toHaveProperty('environmentId')
  await execute(world, copy, messageFor(row))
  expect(runs).toEqual(['t1 in staging'])
})

test('a message that nobody could read is kept with the environment that met it', async () => {
  const world = handWorld()
  const { copy } = twoOn(world)
  await handleDeadLetter(world, copy, { id: 'm1', body: 'garbage', receiveCount: 5, source: 'lane:normal' })
  const [place] = await world.store.agenda({ tenant: 'carillon', order: 'latest', attention: 'failed', limit: 1 })
  const row = (await world.store.get({ kind: 'task', tenant: 'carillon', id: place?.id ?? '' })) as TaskRow
  expect(row.environmentId).toBe('staging')
})
