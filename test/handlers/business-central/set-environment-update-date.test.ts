import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setEnvironmentUpdateDate } from '../../../handlers/business-central/set-environment-update-date.ts'
import { attempt } from '../attempt.ts'
import { json, type Service } from '../service.ts'
import { adminCenter } from './service.ts'

type Offer = { targetVersion: string; available: boolean; selected: boolean; scheduleDetails?: Record<string, unknown> }

const UPDATES = 'Production/updates'

describe('set-environment-update-date', () => {
  let offers: Offer[]
  let type: ReturnType<typeof setEnvironmentUpdateDate>
  let service: Service
  let patched: { status: number; body: unknown }[]

  beforeEach(async () => {
    offers = [
      {
        targetVersion: '26.1',
        available: true,
        selected: true,
        scheduleDetails: {
          latestSelectableDate: '2027-01-31T00:00:00Z',
          selectedDateTime: '2026-12-01T20:00:00Z',
          ignoreUpdateWindow: false,
        },
      },
      {
        targetVersion: '26.2',
        available: true,
        selected: false,
        scheduleDetails: { latestSelectableDate: '2027-03-31T00:00:00Z' },
      },
      { targetVersion: '26.3', available: false, selected: false },
    ]
    patched = []
    const center = await adminCenter({
      [`GET ${UPDATES}`]: (_, response) => json(response, 200, { value: offers }),
      [`PATCH ${UPDATES}/26.2`]: ({ body }, response) => {
        const change = JSON.parse(body)
        offers = offers.map((offer) => ({ ...offer, selected: false, ...(offer.targetVersion === '26.2' ? change : {}) }))
        patched.push({ status: 200, body: change })
        json(response, 200, {})
      },
      [`PATCH ${UPDATES}/26.1`]: (_, response) => response.writeHead(503, { 'retry-after': '30' }).end(),
    })
    service = center
    type = setEnvironmentUpdateDate(center.options)
  })
  afterEach(() => service.close())

  const methods = () => service.got.map(({ method }) => method)

  it('selects version and time, and changes nothing on a repeat', async () => {
    const input = { environment: 'Production', targetVersion: '26.2', updateAt: '2027-02-01T21:00:00+01:00' }
    const output = { environment: 'Production', targetVersion: '26.2', updateAt: '2027-02-01T20:00:00.000Z' }
    expect(await attempt(type, input)).toEqual({ outcome: 'succeeded', json: { ...output, changed: true } })
    expect(await attempt(type, input, { attempt: 2 })).toEqual({ outcome: 'succeeded', json: { ...output, changed: false } })
    expect(methods()).toEqual(['GET', 'PATCH', 'GET'])
    expect(patched).toEqual([
      {
        status: 200,
        body: { selected: true, scheduleDetails: { selectedDateTime: '2027-02-01T20:00:00.000Z', ignoreUpdateWindow: false } },
      },
    ])
    expect(service.got[1]?.headers['idempotency-key']).toBe('carillon-task-1')
  })

  it('changes nothing if the same instant is written with another offset', async () => {
    const input = { environment: 'Production', targetVersion: '26.1', updateAt: '2026-12-01T15:00:00-05:00' }
    expect(await attempt(type, input)).toMatchObject({ outcome: 'succeeded', json: { changed: false } })
    expect(methods()).toEqual(['GET'])
  })

  it('snoozes when the service is busy', async () => {
    const input = { environment: 'Production', targetVersion: '26.1', updateAt: '2026-12-02T20:00:00Z' }
    expect(await attempt(type, input)).toMatchObject({ outcome: 'snoozed', delayMs: 30_000 })
  })

  it.each([
    ['27.0', '2027-02-01T20:00:00Z', 'NoSuchVersion', '26.1, 26.2, 26.3'],
    ['26.3', '2027-02-01T20:00:00Z', 'NotReleased', '26.3'],
    ['26.2', '2027-04-01T00:00:00Z', 'DateTooLate', '2027-03-31T00:00:00Z'],
  ])('gives up on %s at %s with %s', async (targetVersion, updateAt, code, hint) => {
    const result = await attempt(type, { environment: 'Production', targetVersion, updateAt })
    expect(result).toMatchObject({ outcome: 'failed', error: { code, retriable: false, message: expect.stringContaining(hint) } })
    expect(methods()).toEqual(['GET'])
  })

  it('fails without retry for an unknown environment', async () => {
    const result = await attempt(type, { environment: 'Elsewhere', targetVersion: '26.1', updateAt: '2027-02-01T20:00:00Z' })
    expect(result).toMatchObject({
      error: { code: 'Http404', retriable: false, message: expect.stringContaining('environmentNotFound') },
    })
  })

  it('uses the token of the tenant of the task', async () => {
    const task = { id: 't', tenant: 'rival', type: type.name, createdAt: 0, notBefore: 0, tags: [] }
    const input = { environment: 'Production', targetVersion: '26.1', updateAt: '2027-02-01T20:00:00Z' }
    expect(await attempt(type, input, { task })).toMatchObject({ error: { code: 'Http401', retriable: false } })
  })

  it('fails without retry if the response does not match the API', async () => {
    offers = [{ targetVersion: '26.1' } as Offer]
    const result = await attempt(type, { environment: 'Production', targetVersion: '26.1', updateAt: '2027-02-01T20:00:00Z' })
    expect(result).toMatchObject({ error: { code: 'UnreadableAnswer', retriable: false } })
  })

  it.each([
    { environment: '1st', targetVersion: '26.1', updateAt: '2027-02-01T20:00:00Z' },
    { environment: '../x', targetVersion: '26.1', updateAt: '2027-02-01T20:00:00Z' },
    { environment: 'Production', targetVersion: '26', updateAt: '2027-02-01T20:00:00Z' },
    { environment: 'Production', targetVersion: '26.1', updateAt: '2027-02-01T20:00:00' },
  ])('refuses the input %j', (input) => {
    expect(type.input.safeParse(input).success).toBe(false)
  })
})
