import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { gateHarness } from '../../engine/gate/gate-harness.ts'

/** Series in the local world on virtual time: API, store, relay, control lane and executors are the real ones. It is noon. */

let harness: Awaited<ReturnType<typeof gateHarness>>
beforeEach(async () => {
  harness = await gateHarness()
})
afterEach(() => harness.stop())

const WORK = { type: 'work', input: { name: 'job', seconds: 2 }, recurrence: { rate: '1m' } }
const request = async (method: string, path: string, body?: object, headers = {}) => harness.request(method, path, body, headers)
const put = (more: object = {}, id = 'nightly') => request('PUT', `/v1/series/${id}`, { ...WORK, ...more })
const get = async (path = '') => (await request('GET', `/v1/series/nightly${path}`)).body as Readonly<Record<string, unknown>>

describe('a series', () => {
  test('starts a task at each of its times, to the millisecond', async () => {
    expect((await put()).status).toBe(201)
    await harness.advance('3m30s')
    expect(harness.started()).toEqual(['job@0', 'job@60', 'job@120', 'job@180'])
    expect(await get()).toMatchObject({ state: 'active', started: 4, succeeded: 4, failed: 0, open: [], jobQueueStatus: 'Ready' })
  })

  test('is put twice without a change', async () => {
    const first = await put()
    const second = await put()
    expect([first.status, second.status]).toEqual([201, 200])
    expect(second.body).toMatchObject({ revision: 1 })
    await harness.advance('90s')
    expect(harness.started()).toEqual(['job@0', 'job@60'])
  })

  test('gives an edited input to every occurrence after the edit', async () => {
    await put()
    await harness.advance('90s')
    await request('PATCH', '/v1/series/nightly', { input: { name: 'edited', seconds: 1 } })
    await harness.advance('1m')
    expect(harness.started()).toEqual(['job@0', 'job@60', 'edited@120'])
  })

  test('replaces its recurrence without a double run', async () => {
    await put()
    await harness.advance('90s')
    await request('PATCH', '/v1/series/nightly', { recurrence: { cron: '*/5 * * * *' } })
    await harness.advance('10m')
    expect(harness.started()).toEqual(['job@0', 'job@60', 'job@300', 'job@600'])
    expect(await get()).toMatchObject({ revision: 2, definition: { recurrence: { cron: '*/5 * * * *' } } })
  })

  test('keeps a large input beside its row, for each of its tasks', async () => {
    const name = 'x'.repeat(2_000)
    await put({ input: { name, seconds: 1 } })
    await harness.advance('90s')
    expect(harness.runs.map((run) => run.name)).toEqual([name, name])
    expect(await get()).toMatchObject({ definition: { input: { name } } })
    const { body } = await request('GET', '/v1/series')
    expect((body as { items: object[] }).items[0]).toMatchObject({ inputBytes: 2_023 })
    await request('PATCH', '/v1/series/nightly', { input: { name: 'small', seconds: 1 } })
    await harness.advance('1m')
    expect(harness.runs.at(-1)?.name).toBe('small')
  })

  test('waits an hour without a message, and is on time', async () => {
    await put({ recurrence: { cron: '0 15 * * *' } })
    await harness.advance('4h')
    expect(harness.started()).toEqual(['job@10800'])
  })

  test('counts from the end with fixedDelay', async () => {
    await put({ mode: 'fixedDelay', input: { name: 'job', seconds: 10 } })
    await harness.advance('3m')
    expect(harness.started()).toEqual(['job@0', 'job@70', 'job@140'])
  })
})

describe('an overlap', () => {
  const slow = { input: { name: 'slow', seconds: 45 }, recurrence: { rate: '20s' } }
  test('skips by default, and lists what it skipped with its reason', async () => {
    await put(slow)
    await harness.advance('70s')
    expect(harness.started()).toEqual(['slow@0', 'slow@60'])
    expect((await get('/occurrences')).items).toMatchObject([
      { outcome: 'running', nominalAt: '2026-11-21T12:01:00Z' },
      { outcome: 'notStarted', reason: 'overlap', count: 1, nominalAt: '2026-11-21T12:00:40Z' },
      { outcome: 'notStarted', reason: 'overlap', count: 1 },
      { outcome: 'succeeded', lateness: '0s' },
    ])
  })
  test('bufferOne runs one more at the end', async () => {
    await put({ ...slow, overlap: 'bufferOne' })
    await harness.advance('100s')
    expect(harness.started()).toEqual(['slow@0', 'slow@45', 'slow@90'])
  })
  test('cancelOther ends the task before', async () => {
    await put({ ...slow, overlap: 'cancelOther' })
    await harness.advance('39s')
    expect(harness.started()).toEqual(['slow@0', expect.stringMatching(/^slow@[23]\d/)])
    expect(harness.maxConcurrent()).toBe(1)
  })
  test('allow runs them beside each other', async () => {
    await put({ ...slow, overlap: 'allow' })
    await harness.advance('44s')
    expect(harness.started()).toEqual(['slow@0', 'slow@20', 'slow@40'])
  })
})

describe('commands', () => {
  test('pause and resume', async () => {
    await put()
    await harness.advance('30s')
    const paused = await request('POST', '/v1/series/nightly/pause', { reason: 'holiday' })
    expect(paused.body).toMatchObject({ state: 'paused', jobQueueStatus: 'On Hold', stopped: { reason: 'holiday' } })
    expect((await request('POST', '/v1/series/nightly/pause', {})).status).toBe(200)
    await harness.advance('10m')
    expect(harness.started()).toEqual(['job@0'])
    const triggered = await request('POST', '/v1/series/nightly/trigger', {})
    expect(triggered).toMatchObject({ status: 202, body: { paused: true, waiting: false } })
    await harness.advance('5s')
    await request('POST', '/v1/series/nightly/resume', {})
    await harness.advance('1m')
    expect(harness.started()).toEqual(['job@0', 'job@630', 'job@635', 'job@660'])
    expect(await get()).toMatchObject({ skipped: { paused: 9 }, started: 3 })
  })

  test('a trigger with an idempotency key makes one occurrence', async () => {
    await put({ recurrence: { cron: '0 15 * * *' } })
    const trigger = () => request('POST', '/v1/series/nightly/trigger', {}, { 'idempotency-key': 'once' })
    const [first, second] = [await trigger(), await trigger()]
    expect(second.body).toMatchObject({ run: (first.body as { run: string }).run })
    await harness.advance('1m')
    expect(harness.started()).toEqual(['job@0'])
  })

  test('backfill makes a past period', async () => {
    await put({ recurrence: { cron: '0 * * * *' }, timeZone: 'Europe/Berlin' })
    const body = { from: '2026-11-20T22:30:00Z', to: '2026-11-21T02:00:00Z' }
    const dry = await request('POST', '/v1/series/nightly/backfill', { ...body, dryRun: true })
    expect(dry).toMatchObject({
      status: 200,
      body: {
        count: 4,
        first: ['2026-11-21T00:00:00+01:00', {}, {}, {}].map((it) => (typeof it === 'string' ? it : expect.any(String))),
      },
    })
    await harness.advance('10s')
    expect((await request('POST', '/v1/series/nightly/backfill', body)).status).toBe(202)
    await harness.advance('1m')
    expect(harness.started()).toEqual(['job@0', 'job@10', 'job@12', 'job@14', 'job@16'])
  })

  test('delete cancels the open task when it is asked to; the same id can be used again', async () => {
    await put({ input: { name: 'slow', seconds: 50 } })
    await harness.advance('10s')
    const deleted = await request('DELETE', '/v1/series/nightly?openTasks=cancel')
    expect(deleted).toMatchObject({ status: 200, body: { state: 'deleted' } })
    expect((await request('GET', '/v1/series/nightly')).status).toBe(404)
    expect((await request('GET', '/v1/series')).body).toMatchObject({ items: [] })
    await harness.advance('20s')
    expect((await put()).status).toBe(201)
    await harness.advance('65s')
    expect(harness.started()).toEqual(['slow@0', 'job@30', 'job@90'])
    expect((await request('GET', '/v1/series')).body).toMatchObject({ items: [{ id: 'nightly' }] })
  })

  test('explain says why it does not run', async () => {
    await put({ recurrence: { cron: '0 15 * * *' } })
    expect(await get('/explain')).toMatchObject({
      summary: 'series nightly is active: its next occurrence is at 2026-11-21T15:00:00.000Z',
      nextChangeAt: '2026-11-21T15:00:00Z',
    })
    await request('POST', '/v1/series/nightly/pause', { reason: 'release' })
    expect(await get('/explain')).toMatchObject({ summary: expect.stringContaining('has paused it since') })
  })

  test('next lists what the series itself will find', async () => {
    await put({ recurrence: { cron: '30 2 * * *' }, timeZone: 'America/New_York' })
    expect((await get('/next?count=2')).items).toEqual([
      { nominalAt: '2026-11-22T02:30:00-05:00', at: '2026-11-22T02:30:00-05:00', reasons: [] },
      { nominalAt: '2026-11-23T02:30:00-05:00', at: '2026-11-23T02:30:00-05:00', reasons: [] },
    ])
  })

  test('every command is in the audit, with the series', async () => {
    await put()
    await request('POST', '/v1/series/nightly/pause', { reason: 'holiday' })
    await harness.advance('1s')
    const { body } = await request('GET', '/v1/audit')
    expect(body).toMatchObject({
      items: [
        { command: 'pause', series: 'nightly', reason: 'holiday' },
        { command: 'define', series: 'nightly' },
      ],
    })
  })
})

describe('a request that cannot be right', () => {
  test.each([
    [{ type: 'nope' }, '/type'],
    [{ recurrence: { cron: '99 * * * *' } }, '/recurrence/cron'],
    [{ recurrence: {} }, '/recurrence'],
    [{ timeZone: 'Mars/Base' }, '/timeZone'],
    [{ input: { name: 7 } }, '/input/name'],
    [{ overlap: 'often' }, '/overlap'],
    [{ catchUp: { policy: 'all', window: '0s' } }, '/catchUp/window'],
    [{ colour: 'red' }, '/colour'],
  ])('%j', async (more, path) => {
    expect(await put(more)).toMatchObject({ status: 400, body: { path } })
  })
  test('an id that no series can have', async () => {
    expect((await put({}, 'preview')).status).toBe(405)
    for (const id of ['.hidden', 'a%2Fb', 'x'.repeat(65)]) expect((await put({}, id)).status).toBe(404)
  })
})
