import { describe, expect, test } from 'vitest'
import { iso } from '../../core/instant.ts'
import { isRefusal } from '../../core/refusal.ts'
import { claimOf, type TaskCommand } from '../../core/task/command.ts'
import { QUARANTINE_TYPE, type TaskRow } from '../../core/task/row.ts'
import { apply } from '../../engine/apply.ts'
import { quarantine } from '../../engine/quarantine.ts'
import { NOON } from '../core/task/rows.ts'
import { type EngineWorld, keyOf } from '../engine/world.ts'
import { ALICE, scene } from './scene.ts'

const applyCommand = async (world: EngineWorld, id: string, intend: (row: TaskRow) => TaskCommand): Promise<TaskRow> => {
  const done = await apply(world, keyOf(id), (row) => intend(row as TaskRow))
  if (isRefusal(done)) throw new Error(done.message)
  return done.after
}
const stamp = { at: NOON, by: 'worker:w' }
const claim = (world: EngineWorld, id: string) =>
  applyCommand(world, id, ({ epoch }) => ({ name: 'claim', ...stamp, epoch, owner: 'w', leaseMs: 70_000 }))
const fail = (world: EngineWorld, id: string) =>
  applyCommand(world, id, (row) => ({
    name: 'fail',
    ...stamp,
    claim: claimOf(row),
    error: { code: 'Boom', message: 'it broke', retriable: true },
    retentionMs: 1_000_000,
  }))

const made = async (more: object = {}) => {
  const api = scene()
  const { body } = await api.create({ type: 'report', input: { month: 1 }, ...more })
  const post = (verb: string, sent?: unknown) =>
    api.request('POST', `/v1/tasks/${body.id}/${verb}`, sent === undefined ? {} : { body: sent })
  return { ...api, id: body.id as string, post }
}

describe('ready', () => {
  test('schedules a pending task at its time, or at another time', async () => {
    const first = await made({ ready: false, delay: '1h' })
    const ready = await first.post('ready')
    expect([ready.status, ready.body.state, ready.body.dueAt]).toEqual([200, 'scheduled', iso(NOON + 3_600_000)])
    const other = await made({ ready: false })
    const later = await other.post('ready', { notBefore: iso(NOON + 60_000) })
    expect(later.body).toMatchObject({ state: 'scheduled', notBefore: iso(NOON + 60_000), version: 2 })
    expect(later.body.history.at(-1)).toEqual({ at: iso(NOON), state: 'scheduled', by: 'user:alice', command: 'ready' })
  })

  test('is refused for a task that is not pending, with its state', async () => {
    const { post } = await made()
    const { status, body } = await post('ready')
    expect([status, body.code, body.state]).toEqual([409, 'notAllowed', 'scheduled'])
  })
})

describe('hold and reschedule', () => {
  test('stop a task from running, and change its time', async () => {
    const { post } = await made()
    expect((await post('reschedule', { notBefore: '2026-12-24T20:00:00.250+01:00' })).body.dueAt).toBe('2026-12-24T19:00:00.250Z')
    const held = await post('hold', {})
    expect(held.body.state).toBe('pending')
    expect(held.body).not.toHaveProperty('dueAt')
  })

  test('move the deadline with a new time, and keep it without one', async () => {
    const { post } = await made({ expiresAfter: '10m' })
    const { body } = await post('reschedule', { notBefore: iso(NOON + 3_600_000) })
    expect([body.notBefore, body.expiresAt]).toEqual([iso(NOON + 3_600_000), iso(NOON + 4_200_000)])
    expect((await post('hold')).body).toMatchObject({ dueAt: iso(NOON + 4_200_000), expiresAt: iso(NOON + 4_200_000) })
    expect((await post('ready')).body.expiresAt).toBe(iso(NOON + 4_200_000))
    await post('hold')
    expect((await post('ready', { notBefore: iso(NOON) })).body.expiresAt).toBe(iso(NOON + 600_000))
  })

  test('have no effect on the deadline once the task has started, because it applies to the first start only', async () => {
    const { post, request, world, id } = await made({ expiresAfter: '10m' })
    expect((await request('GET', `/v1/tasks/${id}`)).body.expiresAt).toBe(iso(NOON + 600_000))
    const row = await claim(world, id)
    const error = { code: 'Boom', message: 'it broke', retriable: true }
    await applyCommand(world, id, () => ({ name: 'retry', ...stamp, claim: claimOf(row), error, dueAt: NOON + 900_000 }))
    const waiting = (await request('GET', `/v1/tasks/${id}`)).body
    expect(waiting).toMatchObject({ state: 'scheduled', attempt: 1, dueAt: iso(NOON + 900_000) })
    expect(waiting).not.toHaveProperty('expiresAt')
    expect((await post('reschedule', { notBefore: iso(NOON + 1_200_000) })).status).toBe(200)
  })

  test('refuse the body of another command', async () => {
    const { post } = await made()
    expect((await post('reschedule')).body).toMatchObject({ status: 400, path: '' })
    expect((await post('reschedule', {})).body.detail).toMatch(/\/notBefore: missing/)
    expect((await post('reschedule', { notBefore: '2099-01-01T00:00:00Z' })).body.detail).toMatch(/ten years/)
    expect((await post('hold', { force: true })).body).toMatchObject({ status: 400, path: '/force' })
  })
})

describe('cancel', () => {
  test('ends a task that has not started, and succeeds again when repeated', async () => {
    const { post } = await made()
    const first = await post('cancel')
    expect([first.status, first.body.result, first.body.state]).toEqual([200, 'cancelled', 'cancelled'])
    const again = await post('cancel')
    expect([again.status, again.body.result, again.body.state]).toEqual([200, 'alreadyFinished', 'cancelled'])
    expect(again.body.version).toBe(first.body.version)
  })

  test('sends one request to a running worker', async () => {
    const { post, world, id } = await made()
    await claim(world, id)
    const first = await post('cancel')
    expect(first.body).toMatchObject({ result: 'cancelRequested', state: 'running', cancelRequested: true, attempt: 1 })
    const again = await post('cancel')
    expect(again.body).toMatchObject({ result: 'cancelRequested', version: first.body.version })
  })

  test('succeeds without effect for a finished task', async () => {
    const { post, world, id } = await made()
    await claim(world, id)
    await fail(world, id)
    const { status, body } = await post('cancel')
    expect([status, body.result, body.state]).toEqual([200, 'alreadyFinished', 'failed'])
  })
})

describe('a failed task', () => {
  test('shows its error and its failure task until it is redriven', async () => {
    const { post, world, id, request } = await made()
    await claim(world, id)
    const row = await fail(world, id)
    const failed = (await request('GET', `/v1/tasks/${id}`)).body
    expect(failed).toMatchObject({
      state: 'failed',
      error: { code: 'Boom', message: 'it broke', retriable: true },
      onFailure: 'notify',
      failureTask: `${id}.f${row.epoch}`,
      finishedAt: iso(NOON),
      startedAt: iso(NOON),
    })
    const redriven = (await post('redrive')).body
    expect(redriven).toMatchObject({ state: 'scheduled', attempt: 0 })
    expect(redriven).not.toHaveProperty('error')
    expect(redriven).not.toHaveProperty('failureTask')
  })

  test('refuses every other command: 409 with a code and the state', async () => {
    const { post, world, id } = await made()
    await claim(world, id)
    await fail(world, id)
    for (const [verb, sent] of [
      ['ready', {}],
      ['hold', {}],
      ['reschedule', { notBefore: iso(NOON) }],
    ] as const) {
      const { status, body } = await post(verb, sent)
      expect([status, body.code, body.state]).toEqual([409, 'finished', 'failed'])
    }
  })
})

test('a quarantined message cannot be redriven and keeps its error', async () => {
  const { request, world, app } = scene()
  await quarantine(world, app, { id: 'm1', body: 'not a nudge', receiveCount: 1, source: 'lane' }, 'system:execute')
  const caller = { ...ALICE, tenant: 'carillon', scopes: ['carillon/admin'] } as const
  const { id } = (await request('GET', '/v1/tasks?state=failed', { caller })).body.items[0]
  const { status, body } = await request('POST', `/v1/tasks/${id}/redrive`, { caller })
  expect([status, body.code, body.state]).toEqual([409, 'notAllowed', 'failed'])
  expect(body.detail).toMatch(/holds an unreadable message and cannot be redriven, because no handler can run it/)
  const kept = (await request('GET', `/v1/tasks/${id}`, { caller })).body
  expect(kept).toMatchObject({ type: QUARANTINE_TYPE, state: 'failed', version: 1, error: { code: 'UnreadableMessage' } })
})
