import { describe, expect, test } from 'vitest'
import type { TaskType } from '../../../core/define.ts'
import { gateHarness } from './gate-harness.ts'

describe('a pause', () => {
  test.each(['tenant', 'type.work', 'lane.normal'])(
    'of %s stops unstarted tasks, lets running tasks continue, and a resume starts exactly the stopped tasks',
    async (scope) => {
      const harness = await gateHarness()
      const ran = await harness.addTask('ran', 20)
      await harness.advance('1s')
      expect(await harness.control(scope, 'pause', { reason: 'the month is being closed' })).toMatchObject({
        scope,
        changed: true,
      })
      const [now, later] = [await harness.addTask('now', 5), await harness.addTask('later', 5, { delay: '1h' })]
      const held = await harness.addTask('held', 5, { ready: false })
      await harness.advance('30s')
      expect((await harness.get(ran)).state).toBe('succeeded')
      expect(await harness.get(now)).toMatchObject({ state: 'scheduled', attempt: 0, blocked: { gate: scope } })
      expect(await harness.explain(now)).toMatchObject({
        reasons: [{ code: 'paused', gate: scope, by: 'user:test', reason: 'the month is being closed', position: 1, waiting: 1 }],
      })
      expect((await harness.explain(later)).reasons.map(({ code }) => code)).toEqual(['beforeItsTime', 'paused'])

      expect(await harness.control(scope, 'resume')).toMatchObject({ changed: true })
      await harness.advance('1m')
      expect(harness.started()).toEqual(['ran@0', 'now@31'])
      expect((await harness.get(later)).state).toBe('scheduled')
      expect((await harness.get(held)).state).toBe('pending')
      await harness.advance('1h')
      expect(harness.started()).toEqual(['ran@0', 'now@31', 'later@3601'])
      await harness.stop()
    },
  )

  test('stops no other type, lane or tenant', async () => {
    const harness = await gateHarness({ go: {} })
    await harness.control('type.work', 'pause')
    await harness.control('lane.low', 'pause')
    await harness.addTask('other type', 1, { type: 'go' })
    await harness.as('umbrella').addTask('other tenant', 1)
    await harness.addTask('stopped', 1)
    await harness.addTask('stopped as well', 1, { type: 'go', lane: 'low' })
    await harness.advance('1m')
    expect(harness.started().sort()).toEqual(['other tenant@0', 'other type@0'])
    await harness.stop()
  })

  test('of Carillon for all tenants stops all of them', async () => {
    const harness = await gateHarness()
    await harness.as('carillon').control('tenant', 'pause', { reason: 'maintenance' })
    const one = await harness.addTask('a', 1)
    await harness.as('umbrella').addTask('b', 1)
    await harness.advance('1m')
    expect(harness.started()).toEqual([])
    expect((await harness.explain(one)).reasons[0]).toMatchObject({ code: 'paused', gate: 'tenant', across: 'all' })
    expect(await harness.get(one)).toMatchObject({ blocked: { gate: 'tenant', across: 'all' } })
    await harness.as('carillon').control('tenant', 'resume')
    await harness.advance('1m')
    expect(harness.started().sort()).toEqual(['a@60', 'b@60'])
    await harness.stop()
  })

  test('starts no task that was admitted before it, and keeps the waitlist', async () => {
    const harness = await gateHarness()
    await harness.control('type.work', 'limit', { concurrency: 1 })
    for (const name of ['a', 'b', 'c']) await harness.addTask(name, 10)
    await harness.advance('5s')
    await harness.control('type.work', 'pause')
    await harness.advance('10m')
    expect(harness.started()).toEqual(['a@0'])
    await harness.control('type.work', 'resume')
    await harness.advance('1m')
    expect(harness.runs.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(harness.maxConcurrent()).toBe(1)
    await harness.stop()
  })
})

describe('a limit', () => {
  const limit = { concurrency: 2 }
  const runTasks = async (harness: Awaited<ReturnType<typeof gateHarness>>, type = 'work') => {
    for (let index = 0; index < 4; index++)
      for (const tenant of ['acme', 'umbrella']) await harness.as(tenant).addTask(`${tenant}${index}`, 10, { type })
    await harness.advance('5m')
    const crowdOf = (tenant: string) => harness.runs.filter(({ name }) => name.startsWith(tenant))
    const most = (runs: typeof harness.runs) =>
      Math.max(...runs.map(({ from }) => runs.filter((one) => one.from <= from && (one.to ?? 0) > from).length))
    expect(harness.runs.filter(({ to }) => to !== undefined)).toHaveLength(8)
    return { all: harness.maxConcurrent(), acme: most(crowdOf('acme')), umbrella: most(crowdOf('umbrella')) }
  }

  test('of a type applies to each tenant separately', async () => {
    const harness = await gateHarness({ few: { limit } })
    expect(await runTasks(harness, 'few')).toEqual({ all: 4, acme: 2, umbrella: 2 })
    await harness.stop()
  })
  test('of a type can apply to all tenants together', async () => {
    const harness = await gateHarness({ few: { limit: { ...limit, across: 'all' } } })
    expect((await runTasks(harness, 'few')).all).toBe(2)
    await harness.stop()
  })
  test('of the deployment for each tenant applies to all types of the tenant', async () => {
    const harness = await gateHarness({}, { tenantLimit: { limit: 2 } })
    expect(await runTasks(harness)).toEqual({ all: 4, acme: 2, umbrella: 2 })
    await harness.stop()
  })
  test('of a control overrides the limit of the type until it is removed', async () => {
    const harness = await gateHarness({ few: { limit } })
    await harness.control('type.few', 'limit', { concurrency: 3 })
    expect(await runTasks(harness, 'few')).toMatchObject({ acme: 3, umbrella: 2 })
    expect(await harness.control('type.few', 'limit')).toMatchObject({ concurrency: 2, changed: true })
    harness.runs.length = 0
    expect(await runTasks(harness, 'few')).toMatchObject({ acme: 2, umbrella: 2 })
    await harness.stop()
  })
  test.each([
    ['removed', {}, ['a@0', 'b@10', 'c@10', 'd@10', 'e@10']],
    ['raised', { limit: { limit: 3 } }, ['a@0', 'b@10', 'c@10', 'd@10', 'e@20']],
  ])('of a type that is %s by a deployment changes for waiting tasks at the next dispatch', async (_, declared, starts) => {
    const harness = await gateHarness({ few: { limit: { concurrency: 1 } } })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await harness.addTask(name, 10, { type: 'few' })
    await harness.advance('5s')
    const types = harness.app.types as Map<string, TaskType>
    const { limit: _limit, ...few } = types.get('few') as TaskType
    types.set('few', { ...few, ...declared })
    await harness.advance('1m')
    expect(harness.started()).toEqual(starts)
    await harness.stop()
  })
  test('by rate applies too', async () => {
    const harness = await gateHarness()
    await harness.control('tenant', 'limit', { rate: { count: 2, per: '1m' } })
    const ids = [await harness.addTask('a', 1), await harness.addTask('b', 1), await harness.addTask('c', 1)]
    await harness.advance('10s')
    expect(harness.runs).toHaveLength(2)
    const explained = await Promise.all(ids.map(async (id) => (await harness.explain(id)).reasons[0]?.code))
    expect(explained.sort()).toEqual(['rateLimited', 'succeeded', 'succeeded'])
    await harness.advance('2m')
    expect(harness.runs.map(({ from }) => from)).toEqual([0, 0, 60])
    await harness.stop()
  })
})

test.each([
  [{ reason: 'two\nlines' }, '/reason: "two\\nlines"; it must be one line, without control characters'],
  [{ reason: '' }, '/reason: "" has 0 characters; it must have at least 1'],
  [{ until: 'noon' }, '/until: unknown field; the fields are reason'],
])('an invalid control is refused with the valid values: %j', async (body, detail) => {
  const harness = await gateHarness()
  expect(await harness.request('POST', '/v1/controls/tenant/pause', body)).toMatchObject({ status: 400, body: { detail } })
  await harness.stop()
})
