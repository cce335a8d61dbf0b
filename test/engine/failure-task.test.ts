import { expect, test } from 'vitest'
import * as z from 'zod'
import { handle } from '../../api/http/handle.ts'
import { conflict, defineTask, giveUp, retriable } from '../../core/define.ts'
import { failureTaskId, type TaskRow } from '../../core/task/row.ts'
import type { App } from '../../engine/app.ts'
import { execute } from '../../engine/execute/execute.ts'
import { quarantine } from '../../engine/quarantine.ts'
import { relay } from '../../engine/relay.ts'
import { ALICE } from '../api/scene.ts'
import { appOf, type EngineWorld, engineWorld, messageFor, rowOf } from './world.ts'

const broken = defineTask('broken', { input: z.unknown(), run: () => giveUp('it cannot be done', 'Hopeless') })
const silent = defineTask('silent', {
  input: z.unknown(),
  run: () => {
    throw new Error('')
  },
})
const own = defineTask('own', { input: z.unknown(), onFailure: 'mend', run: () => giveUp('no') })
const reportFailure = defineTask('report-failure', {
  input: z.looseObject({ taskId: z.string() }),
  run: ({ input }) => `reported ${input.taskId}`,
})
const repair = defineTask('mend', {
  input: z.looseObject({ taskId: z.string() }),
  retry: { policy: 'fixed', wait: '0s', attempts: 2 },
  run: () => {
    throw retriable('Unmended', 'it stays broken')
  },
})
const blocked = defineTask('blocked', { input: reportFailure.input, run: () => conflict('another process has changed it') })
const app: App = { ...appOf(broken, silent, own, reportFailure, repair, blocked), onFailure: 'report-failure' }

const ask = async (world: EngineWorld, method: string, path: string, body?: object) => {
  const text = body ? { body: JSON.stringify(body) } : {}
  const answer = await handle(world, app, ALICE, { method, path, query: {}, headers: {}, ...text })
  return JSON.parse(answer.body ?? '')
}

/** Runs a task until it is no longer scheduled, and relays its last change. */
const run = async (world: EngineWorld, id: string): Promise<TaskRow> => {
  let before = await rowOf(world, id)
  for (let row = before; row.state === 'scheduled'; row = await rowOf(world, id)) {
    before = row
    await execute(world, app, messageFor(row))
  }
  const after = await rowOf(world, id)
  await relay(world, { before, after })
  return after
}
const failing = async (type: string, more: object = {}) => {
  const world = engineWorld()
  const { id } = await ask(world, 'POST', '/v1/tasks', { type, input: { n: 1 }, tags: ['blue'], ...more })
  return { world, failed: await run(world, id) }
}

test('the catch-all handles a failure when neither the task nor its type has a failure type', async () => {
  const { world, failed } = await failing('broken')
  expect(failed).toMatchObject({ state: 'failed', onFailure: { type: 'report-failure' } })
  const handler = await rowOf(world, failureTaskId(failed))
  expect(handler).toMatchObject({ type: 'report-failure', state: 'scheduled', failureOf: failed.id, tags: ['blue'] })
  expect(handler.input).toEqual({
    inline: {
      taskId: failed.id,
      type: 'broken',
      attempts: 1,
      error: { code: 'Hopeless', message: 'it cannot be done', retriable: false },
      input: { n: 1 },
    },
  })
})

test.each([
  ["the type's own choice", 'own', {}],
  ["the task's own choice", 'broken', { onFailure: 'mend' }],
])('%s takes precedence over the catch-all', async (_, type, more) => {
  const { world, failed } = await failing(type, more)
  expect(await rowOf(world, failureTaskId(failed))).toMatchObject({ type: 'mend' })
})

test('the list of types shows the failure type of each type', async () => {
  const { items } = await ask(engineWorld(), 'GET', '/v1/task-types')
  expect(Object.fromEntries(items.map((type: { name: string; onFailure?: string }) => [type.name, type.onFailure]))).toEqual({
    broken: 'report-failure',
    silent: 'report-failure',
    own: 'mend',
    'report-failure': 'report-failure',
    mend: 'report-failure',
    blocked: 'report-failure',
  })
})

test('both tasks link to each other, and the failed one shows the state of its failure task', async () => {
  const { world, failed } = await failing('broken')
  const id = failureTaskId(failed)
  expect(await ask(world, 'GET', `/v1/tasks/${failed.id}`)).toMatchObject({ failureTask: id, failureTaskState: 'scheduled' })
  await run(world, id)
  const view = await ask(world, 'GET', `/v1/tasks/${failed.id}`)
  expect(view).toMatchObject({ failureTask: id, failureTaskState: 'succeeded' })
  expect(view).not.toHaveProperty('failureTaskError')
  expect(await ask(world, 'GET', `/v1/tasks/${id}`)).toMatchObject({ failureOf: failed.id, output: `reported ${failed.id}` })
})

test('a failed failure task is retried by its own policy, is counted, and has no failure task', async () => {
  const { world, failed } = await failing('own')
  const handler = await run(world, failureTaskId(failed))
  expect(handler).toMatchObject({ state: 'failed', attempt: 2 })
  expect(handler).not.toHaveProperty('onFailure')
  expect(await world.store.get({ ...handler, id: failureTaskId(handler) })).toBeUndefined()
  expect(world.metered.filter(({ metric }) => metric === 'FailureTaskFailed')).toHaveLength(1)
  expect(world.lines).toContainEqual({
    level: 'error',
    message: 'task.failed',
    fields: expect.objectContaining({ taskId: handler.id, failureOf: failed.id, errorCode: 'Unmended' }),
  })
  expect(await ask(world, 'GET', `/v1/tasks/${failed.id}`)).toMatchObject({
    failureTaskState: 'failed',
    failureTaskError: { code: 'Unmended', message: 'it stays broken', retriable: true },
  })
})

test('a conflicted failure task is counted as a failed one', async () => {
  const { world, failed } = await failing('broken', { onFailure: 'blocked' })
  expect(await run(world, failureTaskId(failed))).toMatchObject({ state: 'conflicted' })
  expect(world.metered.filter(({ metric }) => metric === 'FailureTaskFailed')).toHaveLength(1)
  expect(world.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'task.conflicted' }))
})

test('the failure of an ordinary task is not counted as one of a failure task', async () => {
  const { world } = await failing('broken')
  expect(world.metered.map(({ metric }) => metric)).toContain('Failed')
  expect(world.metered.map(({ metric }) => metric)).not.toContain('FailureTaskFailed')
})

test('an empty error fails the task at once, is stored empty, is shown as (no message), and the failure task runs', async () => {
  const { world, failed } = await failing('silent')
  expect(failed).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'Empty', message: '', retriable: false } })
  const view = await ask(world, 'GET', `/v1/tasks/${failed.id}`)
  expect(view.error).toEqual({ code: 'Empty', message: '(no message)', retriable: false })
  expect(view.history.at(-1)).toMatchObject({ state: 'failed', reason: 'Empty: (no message)' })
  expect(await run(world, failureTaskId(failed))).toMatchObject({ state: 'succeeded' })
})

test('a quarantined message has no failure task', async () => {
  const world = engineWorld()
  await quarantine(world, app, { id: 'm', body: 'not a nudge', receiveCount: 1, source: 'lane' }, 'system:test')
  const [place] = await world.store.agenda({ tenant: 'carillon', order: 'latest', limit: 1 })
  const row = await world.store.get({ kind: 'task', tenant: 'carillon', id: place?.id ?? '' })
  expect(row).toMatchObject({ state: 'failed' })
  expect(row).not.toHaveProperty('onFailure')
})
