import { describe, expect, test } from 'vitest'
import { iso } from '../../core/instant.ts'
import { VERSION } from '../../core/version.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { NOON } from '../core/task/rows.ts'
import { MALLORY, scene } from './scene.ts'

describe('health', () => {
  test('shows the version, the environment and the lanes', async () => {
    const { request } = scene()
    const { status, body } = await request('GET', '/v1/health')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'ok',
      versions: { carillon: packageJson.version, api: 'v1' },
      environmentId: 'test',
      time: iso(NOON),
      backlogAge: '0s',
    })
    expect(body.lanes).toContainEqual({ name: 'long', maxTimeout: '13m50s', maxConcurrency: 20 })
    expect(VERSION).toBe(packageJson.version)
  })

  test('shows the age of the oldest overdue task of the tenant only', async () => {
    const { request, create, world } = scene()
    await create({ type: 'free', input: 1, delay: '1m' })
    const done = (await create({ type: 'free', input: 1 })).body.id
    await create({ type: 'free', input: 1, delay: '1h' })
    await request('POST', `/v1/tasks/${done}/cancel`)
    expect((await request('GET', '/v1/health')).body.backlogAge).toBe('0s')
    world.advance(95_000)
    expect((await request('GET', '/v1/health')).body.backlogAge).toBe('35s')
    expect((await request('GET', '/v1/health', { caller: MALLORY })).body.backlogAge).toBe('0s')
  })
})

test('the backlog of a busy tenant is found behind finished tasks', async () => {
  const { request, world } = scene()
  for (let batch = 0; batch < 5; batch++) {
    const tasks = Array.from({ length: 100 }, (_, index) => ({ type: 'free', input: 1, delay: `${batch * 100 + index}s` }))
    const { items } = (await request('POST', '/v1/tasks/batch', { body: { tasks } })).body
    if (batch < 4) for (const { task } of items) await request('POST', `/v1/tasks/${task.id}/cancel`)
  }
  world.advance(600_000)
  expect((await request('GET', '/v1/health')).body.backlogAge).toBe('3m20s')
})

test('a pending task is not part of the backlog', async () => {
  const { request, create, world } = scene()
  await create({ type: 'free', input: 1, ready: false, expiresAfter: '1h' })
  world.advance(60_000)
  expect((await request('GET', '/v1/health')).body.backlogAge).toBe('0s')
})

describe('task types', () => {
  test('are listed with the schema of their input and their defaults', async () => {
    const { request } = scene()
    const { items } = (await request('GET', '/v1/task-types')).body
    expect(items.map((item: { name: string }) => item.name)).toEqual([
      'greet',
      'free',
      'report',
      'notify',
      'slow',
      'slow-reader',
      'touchy',
    ])
    expect(items[0]).toEqual({
      name: 'greet',
      description: 'Says hello.',
      version: 1,
      input: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { name: { type: 'string' } },
        required: ['name'],
      },
      timeout: '50s',
      retry: { policy: 'exponential', wait: '5s', maxWait: '10m', attempts: 3 },
      lane: 'normal',
      events: 'none',
    })
    expect(items[2]).toMatchObject({ version: 3, timeout: '20s', lane: 'low', onFailure: 'notify', events: 'all' })
  })
})
