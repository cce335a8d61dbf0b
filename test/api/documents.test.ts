import { describe, expect, test } from 'vitest'
import { isRefusal } from '../../core/refusal.ts'
import { claimOf, type TaskCommand } from '../../core/task/command.ts'
import { documentsOf, type Payload, type TaskRow } from '../../core/task/row.ts'
import { apply } from '../../engine/apply.ts'
import { storePayload } from '../../engine/payload.ts'
import { NOON } from '../core/task/rows.ts'
import { type EngineWorld, keyOf, rowOf } from '../engine/world.ts'
import { scene } from './scene.ts'

const KEY = { 'idempotency-key': 'large' }
const LARGE = 'x'.repeat(1_000)

const applyCommand = async (world: EngineWorld, id: string, intend: (row: TaskRow) => TaskCommand): Promise<void> => {
  const done = await apply(world, keyOf(id), (row) => intend(row as TaskRow))
  if (isRefusal(done)) throw new Error(done.message)
}
const stamp = { at: NOON, by: 'worker:w' }

/** Runs a task to its end with an output of this size beside its row. */
const succeed = async (world: EngineWorld, id: string, outputCount: number): Promise<void> => {
  const output = (await storePayload(world, { tenant: 'acme', id }, 'y'.repeat(outputCount))) as Payload
  await applyCommand(world, id, ({ epoch }) => ({ name: 'claim', ...stamp, epoch, owner: 'w', leaseMs: 70_000 }))
  await applyCommand(world, id, (row) => ({ name: 'succeed', ...stamp, claim: claimOf(row), output, retentionMs: 1_000_000 }))
}

/** A task whose documents have expired before its row, as DynamoDB can do. */
const forgotten = async () => {
  const api = scene()
  const { id } = (await api.create({ type: 'free', input: LARGE }, { headers: KEY })).body
  await succeed(api.world, id, 2_000)
  const documents = documentsOf(await rowOf(api.world, id))
  expect(documents).toHaveLength(2)
  for (const document of documents) await api.world.store.dropDocument('acme', id, document)
  return { ...api, id: id as string }
}

const expectSizesOf = (body: object): void => {
  expect(body).toMatchObject({ state: 'succeeded', inputBytes: 1_002, outputBytes: 2_002 })
  expect(body).not.toHaveProperty('input')
  expect(body).not.toHaveProperty('output')
}

describe('a document that expires before its row', () => {
  test('leaves the task readable, with the size of the document', async () => {
    const { request, id, world } = await forgotten()
    const { status, body } = await request('GET', `/v1/tasks/${id}`)
    expect(status).toBe(200)
    expectSizesOf(body)
    expect(world.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('does not fail a command', async () => {
    const { request, id } = await forgotten()
    const { status, body } = await request('POST', `/v1/tasks/${id}/cancel`)
    expect([status, body.result]).toEqual([200, 'alreadyFinished'])
    expectSizesOf(body)
  })

  test('does not fail a repeated creation', async () => {
    const { create } = await forgotten()
    const { status, body } = await create({ type: 'free', input: LARGE }, { headers: KEY })
    expect(status).toBe(200)
    expectSizesOf(body)
  })
})

describe('the answer of a batch', () => {
  test('shows documents by their size, so that 100 large tasks fit', async () => {
    const { request, world } = scene()
    const tasks = Array.from({ length: 100 }, (_, index) => ({ type: 'free', input: `${LARGE}${index}` }))
    const options = { body: { tasks }, headers: KEY }
    type Item = { readonly status: number; readonly task: { readonly id: string } }
    const first: readonly Item[] = (await request('POST', '/v1/tasks/batch', options)).body.items
    expect(first[0]).toMatchObject({ status: 201, task: { inputBytes: 1_003 } })
    for (const { task } of first) await succeed(world, task.id, 100_000)
    const again: readonly Item[] = (await request('POST', '/v1/tasks/batch', options)).body.items
    expect(again.map(({ status }) => status)).toEqual(Array(100).fill(200))
    expect(again[99]).toMatchObject({ task: { id: first[99]?.task.id, inputBytes: 1_004, outputBytes: 100_002 } })
    for (const { task } of again) expect(task).not.toHaveProperty('output')
    expect(JSON.stringify(again).length).toBeLessThan(100_000)
    expect((await request('GET', `/v1/tasks/${again[0]?.task.id}`)).body.output).toHaveLength(100_000)
  })
})

describe('two requests that race for one key with different inputs', () => {
  test('store only the input of the winner', async () => {
    const { request, world } = scene()
    const stored = new Map<string, string>()
    const { putDocument, dropDocument } = world.store
    const recordingPut: typeof putDocument = async (tenant, id, name, text, forgetAt) => {
      stored.set(name, text)
      return putDocument(tenant, id, name, text, forgetAt)
    }
    const dropped: typeof dropDocument = async (tenant, id, name) => {
      stored.delete(name)
      return dropDocument(tenant, id, name)
    }
    Object.assign(world.store, { putDocument: recordingPut, dropDocument: dropped })
    const inputs = ['a', 'b', 'c'].map((text) => text.repeat(1_000))
    const answers = await Promise.all(
      inputs.map((input) => request('POST', '/v1/tasks', { body: { type: 'free', input }, headers: KEY })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    const winner = answers.find(({ status }) => status === 201)?.body
    expect([...stored.values()]).toEqual([JSON.stringify(winner.input)])
    expect((await request('GET', `/v1/tasks/${winner.id}`)).body.input).toBe(winner.input)
  })

  test('keep the shared document if they are the same request', async () => {
    const { create, request } = scene()
    const answers = await Promise.all([1, 2, 3].map(() => create({ type: 'free', input: LARGE }, { headers: KEY })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201])
    expect((await request('GET', `/v1/tasks/${answers[0]?.body.id}`)).body.input).toBe(LARGE)
  })
})
