import { expect, test } from 'vitest'
import { sampleFailure } from '../../core/failure.ts'
import { isRefusal } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import { claimOf } from '../../core/task/command.ts'
import { failureTaskId, type TaskRow } from '../../core/task/row.ts'
import { apply } from '../../engine/apply.ts'
import { relay } from '../../engine/relay.ts'
import { NOON } from '../core/task/rows.ts'
import { keyOf, rowOf } from '../engine/world.ts'
import { scene } from './scene.ts'

test('an onFailure type whose input rejects failures is refused, with the shape of a failure', async () => {
  const { request, world } = scene()
  const { status, body } = await request('POST', '/v1/tasks', { body: { type: 'free', input: 1, onFailure: 'greet' } })
  expect([status, body.code, body.path]).toEqual([400, 'invalid', '/onFailure'])
  expect(body.detail).toMatch(/^\/onFailure: type greet cannot take a failure as its input: \/name: missing/)
  expect(body.detail).toContain('{taskId, type, attempts, error: {code, message, retriable}, input}')
  expect(await world.store.agenda({ tenant: 'acme', order: 'latest', limit: 1 })).toEqual([])
})

test('an onFailure type whose input accepts some failures is accepted', async () => {
  const { create } = scene()
  for (const onFailure of ['notify', 'free']) expect((await create({ type: 'free', input: 1, onFailure })).status).toBe(201)
})

test('a type with an asynchronous schema creates no task, and the answer gives the reason', async () => {
  const { request } = scene()
  const { status, body } = await request('POST', '/v1/tasks', { body: { type: 'slow-reader', input: 'a' } })
  expect([status, body.code, body.path]).toEqual([400, 'invalid', '/input'])
  expect(body.detail).toMatch(/no task of type slow-reader can be created, because its schema is asynchronous/)
})

test('a real failure has the shape of the sample that schemas are checked with', async () => {
  const { create, world } = scene()
  const { id } = (await create({ type: 'report', input: { month: 1 } })).body
  const stamp = { at: NOON, by: 'worker:w' }
  const error = { code: 'Boom', message: 'it broke', retriable: true }
  await apply(world, keyOf(id), (row) => ({
    name: 'claim',
    ...stamp,
    epoch: (row as TaskRow).epoch,
    owner: 'w',
    leaseMs: 70_000,
  }))
  const failed = await apply(world, keyOf(id), (row) => ({
    name: 'fail',
    ...stamp,
    claim: claimOf(row as TaskRow),
    error,
    retentionMs: 1_000,
  }))
  if (isRefusal(failed)) throw new Error(failed.message)
  await relay(world, failed)
  const { input } = await rowOf(world, failureTaskId(failed.after as TaskRow))
  const real = ('inline' in input ? input.inline : undefined) as Json
  const formOf = (json: unknown): unknown =>
    typeof json === 'object' && json !== null
      ? Object.fromEntries(Object.entries(json).map(([name, value]) => [name, formOf(value)]))
      : typeof json
  expect(formOf({ ...(real as object), input: {} })).toEqual(formOf(sampleFailure('report')))
  expect(real).toMatchObject({ taskId: id, type: 'report', attempts: 1, error, input: { month: 1 } })
})
