import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { tenantClient } from '../../../testing/tenant-client.ts'
import { hall } from './gate-harness.ts'

const room = { gate: { key: 'room', limit: 2 } }

/** A gate with two inside and three in line, of different priorities. */
const crowded = async () => {
  const it = await hall()
  const ids: Record<string, string> = {}
  for (const name of ['a', 'b']) ids[name] = await it.come(name, 30, room)
  await it.pass('1s')
  for (const [name, priority] of [
    ['c', 'normal'],
    ['d', 'low'],
    ['e', 'high'],
  ] as const)
    ids[name] = await it.come(name, 30, { ...room, priority })
  await it.pass('1s')
  return { it, ids, gate: async (id = 'key.room') => (await it.request('GET', `/v1/gates/${id}`)).body }
}

describe('a gate shows', () => {
  test('its terms, who is inside, and who waits in which order', async () => {
    const { it, ids, gate } = await crowded()
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
    await it.stop()
  })

  test('the first of a long line, and that there are more', async () => {
    const it = await hall()
    await it.say('tenant', 'pause')
    for (let index = 0; index < LIMITS.gateShownCount + 2; index++) await it.come(`t${index}`, 1)
    await it.pass('10s')
    const { waiting, waitlist } = (await it.request('GET', '/v1/gates/tenant')).body as {
      waiting: object
      waitlist: readonly object[]
    }
    expect(waiting).toEqual({ count: LIMITS.gateShownCount, more: true })
    expect(waitlist).toHaveLength(LIMITS.gateShownCount)
    await it.stop()
  })

  test('whose tasks they are, to Carillon itself and to nobody else', async () => {
    const it = await hall({ few: { limit: { concurrency: 1, across: 'all' } } })
    const mine = await it.come('mine', 30, { type: 'few' })
    await it.pass('1s')
    const theirs = await it.as('umbrella').come('theirs', 30, { type: 'few' })
    await it.pass('1s')
    expect((await it.as('carillon').request('GET', '/v1/gates/type.few')).body).toMatchObject({
      holders: [{ task: mine, tenant: 'acme' }],
      waitlist: [{ task: theirs, tenant: 'umbrella' }],
    })
    for (const tenant of ['acme', 'umbrella'])
      expect((await it.as(tenant).request('GET', '/v1/gates/type.few')).body).toMatchObject({ holders: [], waitlist: [] })
    const [reason] = (await it.as('umbrella').explain(theirs)).reasons
    expect(reason).toMatchObject({ code: 'gateBusy', across: 'all', position: 1, holders: [], behind: [] })
    expect(JSON.stringify(reason)).not.toContain(mine)
    await it.stop()
  })

  test.each(['key.nowhere', 'room', 'key.', 'key.a%20b', 'type.nothing'])('nothing where there is none: %s', async (id) => {
    const it = await hall()
    expect((await it.request('GET', `/v1/gates/${id}`)).status).toBe(404)
    await it.stop()
  })

  test('a scope that nobody has come to yet', async () => {
    const it = await hall()
    expect((await it.request('GET', '/v1/gates/type.stay')).body).toEqual({
      gate: 'type.stay',
      waiting: { count: 0 },
      holders: [],
      waitlist: [],
    })
    await it.stop()
  })
})

describe('a task that waits explains', () => {
  test('its place, who is inside and who is before it', async () => {
    const { it, ids } = await crowded()
    expect(await it.explain(ids.d ?? '')).toMatchObject({
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
    await it.stop()
  })
  test('the gate that it waits at, also when a later deployment sends nobody there any more', async () => {
    const it = await hall({ few: { limit: { concurrency: 1 } } })
    const first = await it.come('a', 30, { type: 'few' })
    await it.pass('1s')
    const second = await it.come('b', 30, { type: 'few' })
    await it.pass('1s')
    const later = { ...it.app, types: new Map([...it.app.types].map(([name, type]) => [name, { ...type, limit: {} }])) }
    const explained = await tenantClient(it.world, later, 'acme').request('GET', `/v1/tasks/${second}/explain`)
    expect(explained.body).toMatchObject({ reasons: [{ code: 'gateBusy', gate: 'type.few', holders: [first] }] })
    await it.stop()
  })
  test('nothing to others: what is asked of no task of theirs is not found', async () => {
    const { it, ids } = await crowded()
    const { status } = await it.as('umbrella').request('GET', `/v1/tasks/${ids.a}/explain`)
    expect(status).toBe(404)
    await it.stop()
  })
})
