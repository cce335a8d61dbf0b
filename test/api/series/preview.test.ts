import { describe, expect, test } from 'vitest'
import { nextOccurrence } from '../../../core/recurrence/next.ts'
import { ALICE, MALLORY, scene } from '../scene.ts'

const { request } = scene()
const preview = (body: object, caller = ALICE) => request('POST', '/v1/series/preview', { body, caller })
const nominals = async (body: object) => (await preview(body)).body.items.map(({ nominalAt }: { nominalAt: string }) => nominalAt)

const daily = { recurrence: { cron: '0 9 * * *' }, timeZone: 'Europe/Berlin', from: '2026-06-01T00:00:00Z' }

describe('a preview', () => {
  test('has ten items from now on without further fields', async () => {
    const { status, body } = await preview({ recurrence: { cron: '0 9 * * *' } })
    expect(status).toBe(200)
    expect(body.items.length).toBe(10)
    expect(body.items[0]).toEqual({ nominalAt: expect.stringMatching(/T09:00:00Z$/), at: body.items[0].nominalAt, reasons: [] })
  })

  test('needs only the scope to read, and stores nothing', async () => {
    expect((await preview(daily, { ...ALICE, scopes: ['carillon/read'] })).status).toBe(200)
    expect((await preview(daily, { ...ALICE, scopes: [] })).status).toBe(403)
  })

  test('begins with the initial run when asked from a time, and with the following run when asked from an end', async () => {
    const hourly = { recurrence: { rate: '1h' }, count: 2 }
    expect(await nominals({ ...hourly, from: '2026-06-01T08:10:00Z' })).toEqual(['2026-06-01T08:10:00Z', '2026-06-01T09:10:00Z'])
    expect(await nominals({ ...hourly, startAt: '2026-06-01T08:00:00Z', endedAt: '2026-06-01T08:10:00Z' })).toEqual([
      '2026-06-01T09:00:00Z',
      '2026-06-01T10:00:00Z',
    ])
    const delay = { ...hourly, mode: 'fixedDelay', startAt: '2026-06-01T08:00:00Z' }
    expect(await nominals({ ...delay, endedAt: '2026-06-01T08:10:00Z' })).toEqual([
      '2026-06-01T09:10:00Z',
      '2026-06-01T10:10:00Z',
    ])
  })

  test('has no items before startAt and none after endAt, both inclusive', async () => {
    const bounds = { startAt: '2026-06-02T09:00:00+02:00', endAt: '2026-06-04T09:00:00+02:00' }
    expect(await nominals({ ...daily, ...bounds, count: 100 })).toEqual([
      '2026-06-02T09:00:00+02:00',
      '2026-06-03T09:00:00+02:00',
      '2026-06-04T09:00:00+02:00',
    ])
  })

  test('is what the series will do: jitter and spread depend on tenant and id', async () => {
    const odd = { ...daily, jitter: '10m', spread: '1h', count: 3 }
    const mine = (await preview({ ...odd, id: 'nightly' })).body.items
    expect((await preview({ ...odd, id: 'nightly' })).body.items).toEqual(mine)
    expect((await preview({ ...odd, id: 'other' })).body.items).not.toEqual(mine)
    expect((await preview({ ...odd, id: 'nightly' }, MALLORY)).body.items).not.toEqual(mine)
    const schedule = {
      recurrence: daily.recurrence,
      timeZone: daily.timeZone,
      anchor: 0,
      jitter: 600_000,
      spread: 3_600_000,
    }
    const { occurrence } = nextOccurrence(schedule, { from: Date.parse(daily.from) }, { seed: 'acme/nightly' })
    expect(Date.parse(mine[0].at)).toBe(occurrence?.at)
    expect(mine[0].reasons.map(({ code }: { code: string }) => code)).toEqual(['jitter', 'spread'])
  })

  test('shows times that are left out beside the item that follows, and only so many of them', async () => {
    const minutely = { recurrence: { cron: '* 2 * * *' }, timeZone: 'Europe/Berlin', from: '2026-03-28T22:00:00Z', count: 1 }
    const [item] = (await preview(minutely)).body.items
    expect(item.nominalAt).toBe('2026-03-30T02:00:00+02:00')
    expect(item.reasons.length).toBe(10)
    expect(item.reasons.at(-1)).toEqual({ code: 'gap', message: '51 more times are left out' })
  })

  test('ends where the recurrence ends', async () => {
    expect(await nominals({ recurrence: { at: ['2026-06-01T00:00:00Z'] }, from: '2026-06-01T00:00:01Z' })).toEqual([])
  })
})

describe('a preview is refused with the place of the fault', () => {
  test.each([
    [{}, '/recurrence', 'missing; it must be an object'],
    [{ recurrence: {} }, '/recurrence', 'it must have one of cron, rate, at, rrule, jobQueue, dateFormula'],
    [{ recurrence: { cron: '60 * * * *' } }, '/recurrence/cron', 'minute is "60"; it must be 0-59'],
    [{ recurrence: { cron: '0 9 * * *', rate: '1m' } }, '/recurrence/rate', 'given together with cron; give one of them'],
    [{ recurrence: { rate: '1 minute' } }, '/recurrence/rate', '"1 minute"; it must be a whole number with a unit'],
    [{ ...daily, timeZone: 'Berlin' }, '/timeZone', '"Berlin"; it must be an IANA time zone'],
    [{ ...daily, timeZone: '+02:00' }, '/timeZone', '"+02:00" is an offset; it must be an IANA time zone'],
    [{ ...daily, count: 101 }, '/count', '101; it must be at most 100'],
    [{ ...daily, count: 0 }, '/count', '0; it must be at least 1'],
    [{ ...daily, endedAt: '2026-06-01T00:00:00Z' }, '/endedAt', 'given together with from; give one of them'],
    [{ ...daily, startAt: '2026-06-02T00:00:00Z', endAt: '2026-06-01T00:00:00Z' }, '/endAt', 'it must not be before startAt'],
    [{ ...daily, daylightSaving: { gap: 'move' } }, '/daylightSaving/gap', '"move"; it must be one of "skip", "shift"'],
    [{ ...daily, jitter: '2d' }, '/jitter', '"2d"; it must be a whole number with a unit'],
    [{ ...daily, id: 'preview' }, '/id', '"preview"; it must be 1 to 64 characters'],
    [{ ...daily, timezone: 'UTC' }, '/timezone', 'Did you mean "timeZone"?'],
  ])('%j', async (body, path, message) => {
    const answer = await preview(body)
    expect(answer.status).toBe(400)
    expect(answer.body.path).toBe(path)
    expect(answer.body.detail).toContain(message)
  })
})
