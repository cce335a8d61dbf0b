import { describe, expect, test } from 'vitest'
import type { Caller, Scope } from '../../api/http/request.ts'
import { routes } from '../../api/routes/index.ts'
import { ALICE, MALLORY, scene } from './scene.ts'

const NOT_BEFORE = { body: { notBefore: '2026-12-01T00:00:00Z' } }

describe('the task of another tenant', () => {
  const byId = routes.filter(({ path }) => path.includes('/tasks/{id}'))
  test.each(byId)('gets the same answer from $method $path as an unknown task', async ({ method, path }) => {
    const { request, create } = scene()
    const { id } = (await create({ type: 'free', input: 1 })).body
    const options = { caller: MALLORY, ...(path.endsWith('reschedule') ? NOT_BEFORE : {}) }
    const foreign = await request(method, path.replace('{id}', id), options)
    const unknown = await request(method, path.replace('{id}', 'id9999'), options)
    const impossible = await request(method, path.replace('{id}', 'No%2FSuch'), options)
    const bare = ({ status, headers, body }: typeof foreign) => ({ status, headers, body: body && { ...body, instance: '' } })
    expect(foreign.status).toBe(404)
    expect(bare(foreign)).toEqual(bare(unknown))
    expect(bare(foreign)).toEqual(bare(impossible))
    expect((await request('GET', `/v1/tasks/${id}`)).body.version).toBe(1)
  })

  test('is not read when no task can have the id of the request', async () => {
    const { request, world } = scene()
    Object.assign(world.store, { get: () => Promise.reject(new Error('the key is too long')) })
    for (const id of ['x'.repeat(5_000), 'A', 'a#b', 'ä']) expect((await request('GET', `/v1/tasks/${id}`)).status).toBe(404)
  })

  test('is in no list of the tenant', async () => {
    const { request, create } = scene()
    await create({ type: 'free', input: 1 })
    expect((await request('GET', '/v1/tasks', { caller: MALLORY })).body).toEqual({ items: [] })
  })
})

describe('scopes', () => {
  const rank: readonly Scope[] = ['carillon/read', 'carillon/write', 'carillon/admin']
  test.each(routes)(
    '$method $path accepts its scope and every higher scope, and no lower one',
    async ({ method, path, scope }) => {
      const { request } = scene()
      for (const has of rank) {
        const caller: Caller = { ...ALICE, scopes: [has] }
        const { status } = await request(method, path, { caller })
        expect(status === 403, `${has} for ${scope}`).toBe(rank.indexOf(has) < rank.indexOf(scope))
      }
      expect((await request(method, path, { caller: { ...ALICE, scopes: [] } })).status).toBe(403)
    },
  )

  test('are named in the refusal: the required scope and the scopes of the caller', async () => {
    const { request } = scene()
    const { body } = await request('POST', '/v1/tasks', { caller: { ...ALICE, scopes: ['carillon/read'] } })
    expect(body).toMatchObject({
      code: 'forbidden',
      detail: 'the scope carillon/write or a wider one is required; the caller has carillon/read',
    })
  })
})

describe('the tenant of the claims', () => {
  test.each(['', '.hidden', 'a/b', 'x'.repeat(65), 'ä', 'a\n'])('cannot be %j', async (tenant) => {
    const { request } = scene()
    expect((await request('GET', '/v1/tasks', { caller: { ...ALICE, tenant } })).status).toBe(403)
  })

  test('can be `carillon` only for administrators', async () => {
    const { request } = scene()
    const own = { ...ALICE, tenant: 'carillon' }
    expect((await request('GET', '/v1/tasks', { caller: own })).status).toBe(403)
    expect((await request('GET', '/v1/tasks', { caller: { ...own, scopes: ['carillon/admin'] } })).status).toBe(200)
  })
})
