import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { isFarSample } from '../../core/task/places.ts'
import { runOperation } from '../../engine/operations.ts'
import { relay } from '../../engine/relay.ts'
import type { World } from '../../engine/world.ts'
import { scene } from '../api/scene.ts'
import { engineWorld } from './world.ts'

const idOf = (n: number): string => `01k9${n.toString(36).padStart(22, '0')}`

/** Ids of which each is in the sample, so that one task stands for 1,024 and a bound is reached by a hundred. */
const sampledIds = (): World['ids'] => {
  let n = 0
  return {
    next: () => {
      while (!isFarSample(idOf(++n)));
      return idOf(n)
    },
  }
}

const BOUND = LIMITS.farTasksLeastCount
const FULL_COUNT = Math.ceil(BOUND / LIMITS.farSampleCount)
const far = { type: 'free', input: 1, delay: '1h' }

const sceneWith = (ids: World['ids']) => {
  const world = Object.assign(engineWorld(), { ids })
  const api = scene(world, undefined, { tenantFarTasks: BOUND })
  const fill = async (count: number): Promise<readonly string[]> => {
    const tasks: string[] = []
    for (let n = 0; n < count; n++) tasks.push((await api.create(far)).body.id)
    // The estimate is read again.
    world.now += LIMITS.farEstimateMs
    return tasks
  }
  return { ...api, world, fill }
}
const REFUSED = { status: 429, code: 'tooManyFarTasks', title: 'Too many far tasks' }

describe('the open far tasks of a tenant are bounded', () => {
  test('a far task beyond the bound is refused with bound, number and remedy; a near one and one of another tenant are not', async () => {
    const { request, create, fill } = sceneWith(sampledIds())
    await fill(FULL_COUNT - 1)
    await create(far)
    await fill(0)
    const refused = await request('POST', '/v1/tasks', { body: far })
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject(REFUSED)
    expect(refused.body.detail).toBe(
      'tenant acme has about 100352 open tasks that are due more than 15 minutes ahead; it may have 100000 (tenantFarTasks). Cancel some of them, try again when some have started, or ask the operator to raise tenantFarTasks',
    )
    await create({ ...far, delay: '15m' })
    await create(far, { caller: { tenant: 'umbrella', scopes: ['carillon/write'], by: 'user:mallory' } })
  })

  test('each entry of a batch is checked', async () => {
    const { request, fill } = sceneWith(sampledIds())
    await fill(FULL_COUNT)
    const { status, body } = await request('POST', '/v1/tasks/batch', { body: { tasks: [far, { type: 'free', input: 1 }] } })
    expect(status).toBe(200)
    expect(body.items).toMatchObject([{ status: 429, error: REFUSED }, { status: 201 }])
  })

  test('a repeated request is answered with its task, and a duplicate with the existing one', async () => {
    const { request, fill } = sceneWith(sampledIds())
    const keyed = { body: far, headers: { 'idempotency-key': 'k' } }
    const unique = { body: { ...far, input: 'u', unique: { by: ['type', 'input'] } } }
    expect((await request('POST', '/v1/tasks', keyed)).status).toBe(201)
    expect((await request('POST', '/v1/tasks', unique)).status).toBe(201)
    await fill(FULL_COUNT)
    expect((await request('POST', '/v1/tasks', keyed)).status).toBe(200)
    expect((await request('POST', '/v1/tasks', unique)).status).toBe(200)
    expect((await request('POST', '/v1/tasks', { body: { ...unique.body, input: 'v' } })).body).toMatchObject(REFUSED)
  })

  test('neither reschedule, ready, redrive nor a debounce leads round the bound, and a far task can be moved', async () => {
    const { request, create, fill } = sceneWith(sampledIds())
    const debounce = (delay: string) => ({ body: { type: 'free', input: 1, debounce: { key: 'd', delay } } })
    const near = await create({ type: 'free', input: 1 })
    const pending = await create({ type: 'free', input: 1, ready: false })
    const cancelled = await create(far)
    await request('POST', `/v1/tasks/${cancelled.body.id}/cancel`)
    await request('POST', '/v1/tasks', debounce('1m'))
    const [moved] = await fill(FULL_COUNT)
    const notBefore = '2031-01-01T00:00:00Z'
    const command = (id: string, verb: string, body: object = {}) => request('POST', `/v1/tasks/${id}/${verb}`, { body })
    expect((await command(near.body.id, 'reschedule', { notBefore })).body).toMatchObject(REFUSED)
    expect((await command(pending.body.id, 'ready', { notBefore })).body).toMatchObject(REFUSED)
    expect((await command(cancelled.body.id, 'redrive')).body).toMatchObject(REFUSED)
    expect((await request('POST', '/v1/tasks', debounce('1h'))).body).toMatchObject(REFUSED)
    expect((await command(moved ?? '', 'reschedule', { notBefore })).status).toBe(200)
    expect((await command(moved ?? '', 'hold')).status).toBe(200)
    expect((await command(moved ?? '', 'ready')).status).toBe(200)
  })

  test('a bulk operation refuses the tasks beyond it, and completes', async () => {
    const { world, app, request, create, fill } = sceneWith(sampledIds())
    const near = await create({ type: 'report', input: { month: 1 } })
    await fill(FULL_COUNT)
    const body = { action: 'reschedule', notBefore: '2031-01-01T00:00:00Z', filter: { type: 'report' } }
    const started = await request('POST', '/v1/operations', { body })
    expect(started.status).toBe(202)
    const key = { kind: 'operation', tenant: 'acme', id: started.body.id } as const
    for (let page = 0; page < 5; page++) {
      const row = await world.store.get(key)
      if (row?.state !== 'running') break
      world.now = Math.max(world.now, row.dueAt ?? 0)
      const { tenant, id, epoch, dueAt = 0 } = row
      await runOperation(world, app, { kind: 'operation', tenant, id, epoch, lane: 'control', dueAt })
      await relay(world, { before: row, after: (await world.store.get(key)) ?? row })
    }
    expect((await world.store.get(key))?.state).toBe('succeeded')
    const results = await request('GET', `/v1/operations/${started.body.id}/tasks`)
    expect(results.body.items).toMatchObject([{ task: near.body.id, result: 'refused' }])
    expect(results.body.items[0].detail).toContain('tenantFarTasks')
  })

  test('when tasks have been cancelled, new ones are taken again', async () => {
    const { request, create, fill } = sceneWith(sampledIds())
    const [first] = await fill(FULL_COUNT)
    expect((await request('POST', '/v1/tasks', { body: far })).status).toBe(429)
    await request('POST', `/v1/tasks/${first}/cancel`)
    await fill(0)
    await create(far)
  })

  test('the estimate is read once, until the tenant can have reached the bound', async () => {
    const { world, create } = sceneWith(sampledIds())
    let reads = 0
    const { agenda } = world.store
    const countedAgenda: typeof agenda = (query) => {
      reads++
      return agenda(query)
    }
    Object.assign(world.store, { agenda: countedAgenda })
    const untilMs = (BOUND / LIMITS.tenantTasksPerSecondCount) * 1_000
    for (let n = 0; n < 5; n++) await create(far)
    world.now += untilMs - 1
    await create(far)
    expect(reads).toBe(1)
    world.now += 1
    await create(far)
    expect(reads).toBe(2)
  })
})

test('the sample is one task in 1,024: of a million ids as many as a binomial distribution allows', () => {
  let count = 0
  for (let n = 0; n < 1_000_000; n++) if (isFarSample(idOf(n))) count++
  const [mean, deviation] = [1_000_000 / LIMITS.farSampleCount, Math.sqrt(1_000_000 / LIMITS.farSampleCount)]
  expect(Math.abs(count - mean)).toBeLessThan(3 * deviation)
})
