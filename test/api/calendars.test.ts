import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineTask } from '../../core/define.ts'
import { LIMITS } from '../../core/limits.ts'
import { loadCalendars } from '../../engine/calendars.ts'
import { testWorld } from '../../testing/index.ts'
import { engineWorld } from '../engine/world.ts'
import { ALICE, MALLORY, scene } from './scene.ts'

const CHRISTMAS = { date: '2026-12-25', name: 'Christmas Day' }

describe('calendars', () => {
  test('are created, replaced, read and deleted', async () => {
    const world = engineWorld()
    const { request } = scene(world)
    const put = (dates: unknown) => request('PUT', '/v1/calendars/de-holidays', { body: { dates } })
    const created = await put(['2026-12-26', CHRISTMAS])
    expect([created.status, created.headers.location]).toEqual([201, '/v1/calendars/de-holidays'])
    expect(created.body).toMatchObject({
      name: 'de-holidays',
      dates: [CHRISTMAS, { date: '2026-12-26' }],
      version: 1,
      updatedBy: ALICE.by,
    })
    expect(await put([CHRISTMAS, '2026-12-26'])).toMatchObject({ status: 200, body: { version: 1 } })
    expect(await put([])).toMatchObject({ status: 200, body: { version: 2, dates: [] } })
    expect(await request('GET', '/v1/calendars/de-holidays')).toMatchObject({ status: 200, body: { version: 2 } })
    expect(await request('DELETE', '/v1/calendars/de-holidays')).toMatchObject({ status: 204 })
    for (const method of ['GET', 'DELETE'])
      expect(await request(method, '/v1/calendars/de-holidays')).toMatchObject({ status: 404 })
    expect(await put([CHRISTMAS])).toMatchObject({ status: 201, body: { version: 4 } })
  })

  test('are listed by name, without deleted ones, and are in the audit', async () => {
    await using world = await testWorld({ types: [] })
    for (const name of ['b', 'a', 'c']) await world.request('PUT', `/v1/calendars/${name}`, { dates: [CHRISTMAS] })
    await world.advance('10s')
    await world.request('DELETE', '/v1/calendars/b')
    await world.advance('10s')
    const { body } = await world.request('GET', '/v1/calendars')
    expect(body).toMatchObject({
      items: [
        { name: 'a', count: 1 },
        { name: 'c', count: 1 },
      ],
    })
    const audit = await world.request('GET', '/v1/audit')
    expect(audit.body).toMatchObject({
      items: [{ command: 'delete', calendar: 'b' }, { command: 'define', calendar: 'c' }, {}, {}],
    })
  })

  test('exclude dates of the series that name them', async () => {
    await using world = await testWorld({ types: [defineTask('greet', { input: z.unknown(), run: async () => 'hello' })] })
    await world.request('PUT', '/v1/calendars/de-holidays', { dates: [CHRISTMAS] })
    const series = { type: 'greet', recurrence: { cron: '0 9 25,26 12 *' }, exclude: { calendars: ['de-holidays'] } }
    const { body } = await world.request('PUT', '/v1/series/yearly', { ...series, startAt: '2026-12-01T00:00:00Z' })
    expect(body).toMatchObject({ next: { nominalAt: '2026-12-26T09:00:00Z' } })
  })

  test('belong to one tenant', async () => {
    const { request } = scene(engineWorld())
    await request('PUT', '/v1/calendars/de-holidays', { body: { dates: [CHRISTMAS] } })
    expect(await request('GET', '/v1/calendars/de-holidays', { caller: MALLORY })).toMatchObject({ status: 404 })
  })

  test.each<[string, unknown, string, string]>([
    ['de-holidays', { dates: ['2026-02-29'] }, '/dates/0', '"2026-02-29"; it must be a date that exists'],
    ['de-holidays', { dates: [{ date: '2026-12-25', title: 'x' }] }, '/dates/0/title', 'unknown field'],
    ['de-holidays', { dates: ['2026-12-25', CHRISTMAS] }, '/dates/1', '2026-12-25 is given twice'],
    ['de-holidays', { dates: Array(LIMITS.calendarDatesCount + 1).fill('2026-12-25') }, '/dates', 'at most 1000'],
    ['de-holidays', {}, '/dates', 'missing'],
    ['-', { dates: [] }, '/path/name', '"-"; it must be 1 to 64 characters'],
  ])('%s with %j is refused at %s: %s', async (name, body, path, message) => {
    const answer = await scene(engineWorld()).request('PUT', `/v1/calendars/${name}`, { body })
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid', path } })
    expect(answer.body.detail).toContain(message)
  })

  test('are read for a schedule; a missing one has no dates', async () => {
    const world = engineWorld()
    const { request } = scene(world)
    await request('PUT', '/v1/calendars/a', { body: { dates: [CHRISTMAS] } })
    await request('PUT', '/v1/calendars/b', { body: { dates: [CHRISTMAS] } })
    await request('DELETE', '/v1/calendars/b')
    const schedules = [{ exclude: { calendars: ['a', 'b'] } }, {}, { exclude: { calendars: ['a', 'none'] } }]
    expect(await loadCalendars(world, 'acme', schedules)).toEqual({ a: [CHRISTMAS], b: [], none: [] })
    expect(await loadCalendars(world, 'acme', [{}])).toEqual({})
  })
})
