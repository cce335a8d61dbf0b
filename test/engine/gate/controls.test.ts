import { describe, expect, test } from 'vitest'
import type { TaskType } from '../../../core/define.ts'
import { hall } from './gate-harness.ts'

describe('a pause', () => {
  test.each(['tenant', 'type.stay', 'lane.normal'])(
    'of %s stops what has not started, lets what runs go on, and a resume lets exactly that go on',
    async (scope) => {
      const it = await hall()
      const ran = await it.come('ran', 20)
      await it.pass('1s')
      expect(await it.say(scope, 'pause', { reason: 'the month is being closed' })).toMatchObject({ scope, changed: true })
      const [now, later] = [await it.come('now', 5), await it.come('later', 5, { delay: '1h' })]
      const held = await it.come('held', 5, { ready: false })
      await it.pass('30s')
      expect((await it.get(ran)).state).toBe('succeeded')
      expect(await it.get(now)).toMatchObject({ state: 'scheduled', attempt: 0, blocked: { gate: scope } })
      expect(await it.explain(now)).toMatchObject({
        reasons: [{ code: 'paused', gate: scope, by: 'user:test', reason: 'the month is being closed', position: 1, waiting: 1 }],
      })
      expect((await it.explain(later)).reasons.map(({ code }) => code)).toEqual(['beforeItsTime', 'paused'])

      expect(await it.say(scope, 'resume')).toMatchObject({ changed: true })
      await it.pass('1m')
      expect(it.started()).toEqual(['ran@0', 'now@31'])
      expect((await it.get(later)).state).toBe('scheduled')
      expect((await it.get(held)).state).toBe('pending')
      await it.pass('1h')
      expect(it.started()).toEqual(['ran@0', 'now@31', 'later@3601'])
      await it.stop()
    },
  )

  test('stops no other type, lane or tenant', async () => {
    const it = await hall({ go: {} })
    await it.say('type.stay', 'pause')
    await it.say('lane.low', 'pause')
    await it.come('other type', 1, { type: 'go' })
    await it.as('umbrella').come('other tenant', 1)
    await it.come('stopped', 1)
    await it.come('stopped as well', 1, { type: 'go', lane: 'low' })
    await it.pass('1m')
    expect(it.started().sort()).toEqual(['other tenant@0', 'other type@0'])
    await it.stop()
  })

  test('of Carillon for all tenants stops all of them', async () => {
    const it = await hall()
    await it.as('carillon').say('tenant', 'pause', { reason: 'maintenance' })
    const one = await it.come('a', 1)
    await it.as('umbrella').come('b', 1)
    await it.pass('1m')
    expect(it.started()).toEqual([])
    expect((await it.explain(one)).reasons[0]).toMatchObject({ code: 'paused', gate: 'tenant', across: 'all' })
    expect(await it.get(one)).toMatchObject({ blocked: { gate: 'tenant', across: 'all' } })
    await it.as('carillon').say('tenant', 'resume')
    await it.pass('1m')
    expect(it.started().sort()).toEqual(['a@60', 'b@60'])
    await it.stop()
  })

  test('lets nobody pass who was called before it, and keeps everybody in line', async () => {
    const it = await hall()
    await it.say('type.stay', 'limit', { concurrency: 1 })
    for (const name of ['a', 'b', 'c']) await it.come(name, 10)
    await it.pass('5s')
    await it.say('type.stay', 'pause')
    await it.pass('10m')
    expect(it.started()).toEqual(['a@0'])
    await it.say('type.stay', 'resume')
    await it.pass('1m')
    expect(it.stays.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(it.crowd()).toBe(1)
    await it.stop()
  })
})

describe('a limit', () => {
  const limit = { concurrency: 2 }
  const come = async (it: Awaited<ReturnType<typeof hall>>, type = 'stay') => {
    for (let index = 0; index < 4; index++)
      for (const tenant of ['acme', 'umbrella']) await it.as(tenant).come(`${tenant}${index}`, 10, { type })
    await it.pass('5m')
    const crowdOf = (tenant: string) => it.stays.filter(({ name }) => name.startsWith(tenant))
    const most = (stays: typeof it.stays) =>
      Math.max(...stays.map(({ from }) => stays.filter((one) => one.from <= from && (one.to ?? 0) > from).length))
    expect(it.stays.filter(({ to }) => to !== undefined)).toHaveLength(8)
    return { all: it.crowd(), acme: most(crowdOf('acme')), umbrella: most(crowdOf('umbrella')) }
  }

  test("of a type is each tenant's own", async () => {
    const it = await hall({ few: { limit } })
    expect(await come(it, 'few')).toEqual({ all: 4, acme: 2, umbrella: 2 })
    await it.stop()
  })
  test('or that of all tenants together', async () => {
    const it = await hall({ few: { limit: { ...limit, across: 'all' } } })
    expect((await come(it, 'few')).all).toBe(2)
    await it.stop()
  })
  test('that the deployment grants each tenant holds for all its types', async () => {
    const it = await hall({}, { tenantLimit: { limit: 2 } })
    expect(await come(it)).toEqual({ all: 4, acme: 2, umbrella: 2 })
    await it.stop()
  })
  test('that is said outranks what is declared, until it is taken back', async () => {
    const it = await hall({ few: { limit } })
    await it.say('type.few', 'limit', { concurrency: 3 })
    expect(await come(it, 'few')).toMatchObject({ acme: 3, umbrella: 2 })
    expect(await it.say('type.few', 'limit')).toMatchObject({ concurrency: 2, changed: true })
    it.stays.length = 0
    expect(await come(it, 'few')).toMatchObject({ acme: 2, umbrella: 2 })
    await it.stop()
  })
  test.each([
    ['taken out', {}, ['a@0', 'b@10', 'c@10', 'd@10', 'e@10']],
    ['raised', { limit: { limit: 3 } }, ['a@0', 'b@10', 'c@10', 'd@10', 'e@20']],
  ])('of a type that is %s with a deployment is so for those who wait, from the next call on', async (_, declared, starts) => {
    const it = await hall({ few: { limit: { concurrency: 1 } } })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await it.come(name, 10, { type: 'few' })
    await it.pass('5s')
    const types = it.app.types as Map<string, TaskType>
    const { limit: _limit, ...few } = types.get('few') as TaskType
    types.set('few', { ...few, ...declared })
    await it.pass('1m')
    expect(it.started()).toEqual(starts)
    await it.stop()
  })
  test('in time holds as well', async () => {
    const it = await hall()
    await it.say('tenant', 'limit', { rate: { count: 2, per: '1m' } })
    const ids = [await it.come('a', 1), await it.come('b', 1), await it.come('c', 1)]
    await it.pass('10s')
    expect(it.stays).toHaveLength(2)
    const explained = await Promise.all(ids.map(async (id) => (await it.explain(id)).reasons[0]?.code))
    expect(explained.sort()).toEqual(['rateLimited', 'succeeded', 'succeeded'])
    await it.pass('2m')
    expect(it.stays.map(({ from }) => from)).toEqual([0, 0, 60])
    await it.stop()
  })
})

test.each([
  [{ reason: 'two\nlines' }, '/reason: "two\\nlines"; it must be one line, without control characters'],
  [{ reason: '' }, '/reason: "" has 0 characters; it must have at least 1'],
  [{ until: 'noon' }, '/until: unknown field; the fields are reason'],
])('what cannot be said of a scope is answered with what could be: %j', async (body, detail) => {
  const it = await hall()
  expect(await it.ask('POST', '/v1/controls/tenant/pause', body)).toMatchObject({ status: 400, body: { detail } })
  await it.stop()
})
