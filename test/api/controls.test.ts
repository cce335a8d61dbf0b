import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../core/define.ts'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { NOON } from '../core/task/rows.ts'
import { engineWorld } from '../engine/world.ts'
import { ALICE, type RequestOptions, scene } from './scene.ts'

const run = async () => 'done'
const TYPES = [
  defineTask('copy', { input: z.unknown(), limit: { concurrency: 5, rate: { count: 10, per: '1m' } }, run }),
  defineTask('mail', { input: z.unknown(), limit: { concurrency: 7, across: 'all' }, run }),
  defineTask('free', { input: z.unknown(), run }),
]
const ADMIN: RequestOptions = { caller: { ...ALICE, scopes: ['carillon/admin'] } }
const CARILLON: RequestOptions = { caller: { tenant: 'carillon', scopes: ['carillon/admin'], by: 'user:operator' } }

const controlsScene = () => {
  const api = scene(engineWorld(), TYPES, { tenantLimit: { limit: 50 } })
  const command = (scope: string, verb: string, body: object = {}, options = ADMIN) =>
    api.request('POST', `/v1/controls/${scope}/${verb}`, { ...options, body })
  const list = async (options = ADMIN) => (await api.request('GET', '/v1/controls', options)).body.items
  return { ...api, command, list }
}
const EMPTY_WAITLIST = { count: 0 }

describe('the controls of a tenant', () => {
  test('show the limits of task types and the deployment', async () => {
    expect(await controlsScene().list()).toEqual([
      { scope: 'tenant', concurrency: 50, inside: 0, waiting: EMPTY_WAITLIST },
      { scope: 'type.copy', concurrency: 5, rate: { count: 10, per: '1m' }, inside: 0, waiting: EMPTY_WAITLIST },
    ])
  })

  test('of the tenant `carillon` are those across all tenants', async () => {
    expect(await controlsScene().list(CARILLON)).toEqual([
      { scope: 'type.mail', concurrency: 7, inside: 0, waiting: EMPTY_WAITLIST },
    ])
  })

  test('show each command with its caller, time and reason', async () => {
    const { command, list } = controlsScene()
    await command('type.free', 'pause', { reason: 'it costs too much' })
    await command('type.copy', 'limit', { concurrency: 2 })
    await command('lane.low', 'limit', { rate: { count: 1, per: '1s' } })
    expect(await list()).toMatchObject([
      { scope: 'lane.low', rate: { count: 1, per: '1s' }, declared: {}, waiting: EMPTY_WAITLIST },
      { scope: 'tenant' },
      { scope: 'type.copy', concurrency: 2, rate: { count: 10, per: '1m' }, declared: { concurrency: 5 }, inside: 0 },
      { scope: 'type.free', paused: { at: iso(NOON), by: 'user:alice', reason: 'it costs too much' } },
    ])
  })

  test('omit removed limits and ended pauses', async () => {
    const { command, list } = controlsScene()
    await command('type.free', 'pause')
    await command('lane.low', 'limit', { concurrency: 1 })
    expect(await list()).toHaveLength(4)
    await command('type.free', 'resume')
    await command('lane.low', 'limit')
    expect((await list()).map(({ scope }: { scope: string }) => scope)).toEqual(['tenant', 'type.copy'])
  })

  test('are not shown to other tenants', async () => {
    const { command, list } = controlsScene()
    await command('type.free', 'pause')
    expect(await list({ caller: { tenant: 'umbrella', scopes: ['carillon/read'], by: 'user:m' } })).toHaveLength(2)
  })
})

describe('a command to a scope', () => {
  test('that changes nothing succeeds', async () => {
    const { command } = controlsScene()
    expect((await command('type.free', 'resume')).body).toEqual({ scope: 'type.free', waiting: EMPTY_WAITLIST, changed: false })
    expect((await command('type.free', 'pause', { reason: 'first' })).body).toMatchObject({ changed: true })
    const again = await command('type.free', 'pause', { reason: 'second' })
    expect(again.status).toBe(200)
    expect(again.body).toMatchObject({ changed: false, paused: { by: 'user:alice', reason: 'first' } })
  })

  test('that repeats the same limits changes nothing', async () => {
    const { command } = controlsScene()
    const limit = { concurrency: 3, rate: { count: 2, per: '1m' } }
    expect((await command('tenant', 'limit')).body).toMatchObject({ concurrency: 50, changed: false })
    expect((await command('tenant', 'limit', limit)).body).toMatchObject({ ...limit, changed: true })
    expect((await command('tenant', 'limit', limit)).body).toMatchObject({ ...limit, changed: false })
    expect((await command('tenant', 'limit', { ...limit, concurrency: 4 })).body).toMatchObject({ concurrency: 4, changed: true })
    expect((await command('tenant', 'limit')).body).toMatchObject({ concurrency: 50, changed: true })
  })

  test('takes effect during a pause: a limit that is set meanwhile holds after it', async () => {
    const { command } = controlsScene()
    await command('tenant', 'pause')
    expect((await command('tenant', 'limit', { concurrency: 3 })).body).toMatchObject({
      concurrency: 3,
      paused: { by: 'user:alice' },
    })
    const resumed = (await command('tenant', 'resume')).body
    expect(resumed).toMatchObject({ concurrency: 3, declared: { concurrency: 50 }, changed: true })
    expect(resumed).not.toHaveProperty('paused')
  })

  test('needs the scope carillon/admin', async () => {
    const { command } = controlsScene()
    for (const verb of ['pause', 'resume', 'limit']) expect((await command('tenant', verb, {}, {})).status).toBe(403)
  })

  test.each([
    ['everything', '/path/scope: "everything"; it must be tenant, type.<name> or lane.<name>, such as type.http'],
    ['type.', '/path/scope: "type."; it must be tenant, type.<name> or lane.<name>, such as type.http'],
    ['type.fre', '/path/scope: there is no task type "fre"; did you mean free? There are copy, mail, free'],
    ['lane.nrmal', '/path/scope: there is no lane "nrmal"; did you mean normal? There are high, normal, low, long'],
  ])('is refused for an unknown scope, with a suggestion: %s', async (scope, detail) => {
    const { status, body } = await controlsScene().command(scope, 'pause')
    expect({ status, detail: body.detail, path: body.path }).toEqual({ status: 400, detail, path: '/path/scope' })
  })

  test('with invalid limits is refused', async () => {
    const { body } = await controlsScene().command('tenant', 'limit', { concurrency: 0 })
    expect(body).toMatchObject({ code: 'invalid', path: '/concurrency', detail: '/concurrency: 0; it must be at least 1' })
  })

  test('is refused beyond the maximum number of scopes', async () => {
    const types = Array.from({ length: LIMITS.controlsCount + 1 }, (_, index) =>
      defineTask(`t${index}`, { input: z.unknown(), run }),
    )
    const { request } = scene(engineWorld(), types)
    const answers = []
    for (const { name } of types)
      answers.push((await request('POST', `/v1/controls/type.${name}/pause`, { ...ADMIN, body: {} })).status)
    expect(answers.filter((status) => status === 200)).toHaveLength(LIMITS.controlsCount)
    expect(answers.at(-1)).toBe(400)
  })

  test('can be undone after the type has left the deployment', async () => {
    const world = engineWorld()
    await scene(world, TYPES).request('POST', '/v1/controls/type.free/pause', { ...ADMIN, body: {} })
    const later = scene(world, TYPES.slice(0, 1))
    expect((await later.request('POST', '/v1/controls/type.free/resume', { ...ADMIN, body: {} })).body.changed).toBe(true)
  })
})
