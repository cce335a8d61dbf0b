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
import { appOf, type EngineWorld, engineWorld, given, keyOf, messageFor, rowOf } from '../world.ts'

/** Two deployments on one store, like a table and its copy. `runs` has the tasks that each has run. */
const twoDeployments = (world: EngineWorld) => {
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

describe('a task of another environment', () => {
  test('is held here, with the reason in its history', async () => {
    const world = engineWorld()
    const { runs, ask, original, copy } = twoDeployments(world)
    const { id } = await ask(original, 'POST', '/v1/tasks', { type: 'greet', input: {} })
    expect(await execute(world, copy, messageFor(await rowOf(world, id)))).toEqual({ delivery: 'acknowledge' })
    const held = await ask(copy, 'GET', `/v1/tasks/${id}`)
    expect(held).toMatchObject({ state: 'pending', attempt: 0, environmentId: 'production' })
    expect(held).not.toHaveProperty('dueAt')
    expect(held.history.at(-1)).toMatchObject({ state: 'pending', by: 'system:execute', reason: HELD })
    // The sweep does not wake it either.
    world.advance(86_400_000)
    await sweep(world, copy)
    expect(world.sent).toEqual([])
    expect(runs).toEqual([])
  })

  test('runs here after a command ready, and belongs to this environment from then on', async () => {
    const world = engineWorld()
    const { runs, ask, original, copy } = twoDeployments(world)
    const { id } = await ask(original, 'POST', '/v1/tasks', { type: 'greet', input: {} })
    await execute(world, copy, messageFor(await rowOf(world, id)))
    expect(await ask(copy, 'POST', `/v1/tasks/${id}/ready`)).toMatchObject({ state: 'scheduled', environmentId: 'staging' })
    await execute(world, copy, messageFor(await rowOf(world, id)))
    expect(await rowOf(world, id)).toMatchObject({ state: 'succeeded', environmentId: 'staging' })
    expect(runs).toEqual([`${id} in staging`])
  })

  test('stays unchanged while it runs in its own environment, and is held here after its lease', async () => {
    const world = engineWorld()
    const { runs, original, copy } = twoDeployments(world)
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

  test('is held when it is resumed from waiting', async () => {
    const world = engineWorld()
    const { original, copy } = twoDeployments(world)
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

  test('is held after a redrive too, because a bulk redrive must not run foreign tasks', async () => {
    const world = engineWorld()
    const { runs, ask, original, copy } = twoDeployments(world)
    const { id } = await ask(original, 'POST', '/v1/tasks', { type: 'fail', input: {} })
    await execute(world, original, messageFor(await rowOf(world, id)))
    await ask(copy, 'POST', `/v1/tasks/${id}/redrive`)
    await execute(world, copy, messageFor(await rowOf(world, id)))
    expect(await rowOf(world, id)).toMatchObject({ state: 'pending' })
    expect(runs).toEqual([])
  })

  test('expires at its deadline while it is held', async () => {
    const world = engineWorld()
    const { original, copy } = twoDeployments(world)
    const row = await given(world, 't1', { environmentId: original.environmentId, expiresAt: world.now + 60_000 })
    await execute(world, copy, messageFor(row))
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'pending', dueAt: world.now + 60_000 })
    world.advance(60_000)
    await execute(world, copy, messageFor(await rowOf(world, 't1')))
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'expired' })
  })

  test('has failure tasks of its own environment', async () => {
    const world = engineWorld()
    const { runs, original, copy, ask } = twoDeployments(world)
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

test('a task without an environment belongs to this environment', async () => {
  const world = engineWorld()
  const { runs, copy } = twoDeployments(world)
  const row = await given(world, 't1')
  expect(row).not.toHaveProperty('environmentId')
  await execute(world, copy, messageFor(row))
  expect(runs).toEqual(['t1 in staging'])
})

test('a quarantined message has the environment that received it', async () => {
  const world = engineWorld()
  const { copy } = twoDeployments(world)
  await handleDeadLetter(world, copy, { id: 'm1', body: 'garbage', receiveCount: 5, source: 'lane:normal' })
  const [place] = await world.store.agenda({ tenant: 'carillon', order: 'latest', attention: 'failed', limit: 1 })
  const row = (await world.store.get({ kind: 'task', tenant: 'carillon', id: place?.id ?? '' })) as TaskRow
  expect(row.environmentId).toBe('staging')
})
