import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { tenantClient } from '../../../testing/tenant-client.ts'
import { gateHarness } from './gate-harness.ts'

const room = { gate: { key: 'room', limit: 2 } }

/** A full gate with two holders and three waiting tasks of different priorities. */
const fullGate = async () => {
  const harness = await gateHarness()
  const ids: Record<string, string> = {}
  for (const name of ['a', 'b']) ids[name] = await harness.addTask(name, 30, room)
  await harness.advance('1s')
  for (const [name, priority] of [
    ['c', 'normal'],
    ['d', 'low'],
    ['e', 'high'],
  ] as const)
    ids[name] = await harness.addTask(name, 30, { ...room, priority })
  await harness.advance('1s')
  return { harness, ids, gate: async (id = 'key.room') => (await harness.request('GET', `/v1/gates/${id}`)).body }
}

describe('a gate shows', () => {
  test('its limits, its holders, and its waitlist in order', async () => {
    const { harness, ids, gate } = await fullGate()
    const since = '2026-11-21T12:00:01.000Z'
    expect(await gate()).toEqual({
      gate: 'key.room',
      concurrency: 2,
      inside: 2,
      waiting: { count: 3 },
      holders: [
        { task: ids.a, until: expect.any(String) },
        { task: ids.b, until: expect.any(String) },
      ],
      waitlist: [
        { position: 1, task: ids.e, priority: 'high', since },
        { position: 2, task: ids.c, priority: 'normal', since },
        { position: 3, task: ids.d, priority: 'low', since },
      ],
    })
    await harness.stop()
  })

  test('the start of a long waitlist, and a flag for further entries', async () => {
    const harness = await gateHarness()
    await harness.control('tenant', 'pause')
    for (let index = 0; index < LIMITS.gateShownCount + 2; index++) await harness.addTask(`t${index}`, 1)
    await harness.advance('10s')
    const { waiting, waitlist } = (await harness.request('GET', '/v1/gates/tenant')).body as {
      waiting: object
      waitlist: readonly object[]
    }
    expect(waiting).toEqual({ count: LIMITS.gateShownCount, more: true })
    expect(waitlist).toHaveLength(LIMITS.gateShownCount)
    await harness.stop()
  })

  test('the tasks of other tenants only to the system tenant', async () => {
    const harness = await gateHarness({ few: { limit: { concurrency: 1, across: 'all' } } })
    const mine = await harness.addTask('mine', 30, { type: 'few' })
    await harness.advance('1s')
    const theirs = await harness.as('umbrella').addTask('theirs', 30, { type: 'few' })
    await harness.advance('1s')
    expect((await harness.as('carillon').request('GET', '/v1/gates/type.few')).body).toMatchObject({
      holders: [{ task: mine, tenant: 'acme' }],
      waitlist: [{ task: theirs, tenant: 'umbrella' }],
    })
    for (const tenant of ['acme', 'umbrella'])
      expect((await harness.as(tenant).request('GET', '/v1/gates/type.few')).body).toMatchObject({ holders: [], waitlist: [] })
    const [reason] = (await harness.as('umbrella').explain(theirs)).reasons
    expect(reason).toMatchObject({ code: 'gateBusy', across: 'all', position: 1, holders: [], behind: [] })
    expect(JSON.stringify(reason)).not.toContain(mine)
    await harness.stop()
  })

  test.each(['key.nowhere', 'room', 'key.', 'key.a%20b', 'type.nothing'])('nothing for an unknown gate: %s', async (id) => {
    const harness = await gateHarness()
    expect((await harness.request('GET', `/v1/gates/${id}`)).status).toBe(404)
    await harness.stop()
  })

  test('a scope without tasks', async () => {
    const harness = await gateHarness()
    expect((await harness.request('GET', '/v1/gates/type.work')).body).toEqual({
      gate: 'type.work',
      waiting: { count: 0 },
      holders: [],
      waitlist: [],
    })
    await harness.stop()
  })
})

describe('the explanation of a waiting task shows', () => {
  test('its position, the holders, and the tasks before it', async () => {
    const { harness, ids } = await fullGate()
    expect(await harness.explain(ids.d ?? '')).toMatchObject({
      state: 'scheduled',
      summary: expect.stringContaining(
        `all 2 places of gate room are taken by ${ids.a}, ${ids.b}; the task is at position 3 of 3 on the waitlist`,
      ),
      reasons: [
        {
          code: 'gateBusy',
          gate: 'key.room',
          limit: 2,
          position: 3,
          waiting: 3,
          holders: [ids.a, ids.b],
          behind: [ids.e, ids.c],
        },
      ],
    })
    await harness.stop()
  })
  test('its gate, even after a deployment without that gate', async () => {
    const harness = await gateHarness({ few: { limit: { concurrency: 1 } } })
    const first = await harness.addTask('a', 30, { type: 'few' })
    await harness.advance('1s')
    const second = await harness.addTask('b', 30, { type: 'few' })
    await harness.advance('1s')
    const later = { ...harness.app, types: new Map([...harness.app.types].map(([name, type]) => [name, { ...type, limit: {} }])) }
    const explained = await tenantClient(harness.world, later, 'acme').request('GET', `/v1/tasks/${second}/explain`)
    expect(explained.body).toMatchObject({ reasons: [{ code: 'gateBusy', gate: 'type.few', holders: [first] }] })
    await harness.stop()
  })
  test('nothing to other tenants: they get 404', async () => {
    const { harness, ids } = await fullGate()
    const { status } = await harness.as('umbrella').request('GET', `/v1/tasks/${ids.a}/explain`)
    expect(status).toBe(404)
    await harness.stop()
  })
})
