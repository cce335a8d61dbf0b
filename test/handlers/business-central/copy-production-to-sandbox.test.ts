import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { iso } from '../../../core/instant.ts'
import { LIMITS } from '../../../core/limits.ts'
import { copyProductionToSandbox } from '../../../handlers/business-central/copy-production-to-sandbox.ts'
import { attempt } from '../attempt.ts'
import { json, type Service } from '../service.ts'
import { adminCenter } from './service.ts'

type Operation = {
  id: string
  type: string
  status: string
  createdOn: string
  errorMessage?: string
  parameters: Record<string, string>
}

/** The time of the task. */
const DUE = Date.UTC(2026, 10, 21)
const MINUTE = 60_000
const INPUT = { production: 'Production', sandbox: 'Test' }

const copy = (id: string, status: string, at: number, from = 'Production', to = 'test'): Operation => ({
  id,
  type: 'copy',
  status,
  createdOn: iso(at),
  parameters: { sourceEnvironmentName: from, destinationEnvironmentName: to },
})

describe('copy-production-to-sandbox', () => {
  let operations: Operation[]
  let refusal: { status: number; code: string } | undefined
  let type: ReturnType<typeof copyProductionToSandbox>
  let service: Service

  beforeEach(async () => {
    operations = []
    refusal = undefined
    const center = await adminCenter({
      'GET operations': (_, response) => json(response, 200, { value: operations }),
      'POST Production/copy': ({ body }, response) => {
        if (refusal) return json(response, refusal.status, { code: refusal.code, message: 'in the way' })
        const started = copy('op-1', 'scheduled', DUE + MINUTE, 'Production', JSON.parse(body).environmentName)
        operations = [...operations, started]
        return json(response, 202, started)
      },
    })
    service = center
    type = copyProductionToSandbox(center.options)
  })
  afterEach(() => service.close())

  const posts = () => service.got.filter(({ method }) => method === 'POST')
  const nowIs = (status: string, errorMessage = '') => {
    operations = operations.map((each) => ({ ...each, status, errorMessage }))
  }

  it('starts the copy once, polls it, and succeeds with it', async () => {
    expect(await attempt(type, INPUT)).toEqual({ outcome: 'snoozed', delayMs: LIMITS.pollMs, reason: 'copy started' })
    nowIs('running')
    expect(await attempt(type, INPUT, { attempt: 2 })).toEqual({
      outcome: 'snoozed',
      delayMs: LIMITS.pollMs,
      reason: 'copying: running',
    })
    nowIs('succeeded')
    const output = { operationId: 'op-1', production: 'Production', sandbox: 'Test' }
    expect(await attempt(type, INPUT, { attempt: 3 })).toEqual({ outcome: 'succeeded', json: output })
    expect(posts().map(({ body }) => JSON.parse(body))).toEqual([{ environmentName: 'Test', type: 'Sandbox' }])
  })

  it.each(['failed', 'canceled', 'skipped'])('fails without retry if the copy has %s, with the reason', async (status) => {
    await attempt(type, INPUT)
    nowIs(status, 'no storage left')
    const message = `operation op-1 ended as ${status}: no storage left`
    expect(await attempt(type, INPUT, { attempt: 2 })).toEqual({
      outcome: 'failed',
      error: { code: 'CopyFailed', message, retriable: false },
    })
  })

  it('starts a new copy after a redrive', async () => {
    operations = [copy('op-0', 'failed', DUE + 1)]
    expect(await attempt(type, INPUT, { attempt: 1 })).toMatchObject({ outcome: 'snoozed', reason: 'copy started' })
    expect(posts()).toHaveLength(1)
  })

  it('follows its newest copy', async () => {
    operations = [copy('old', 'failed', DUE + 1), copy('new', 'succeeded', DUE + 2), copy('older', 'failed', DUE)]
    expect(await attempt(type, INPUT, { attempt: 2 })).toMatchObject({ outcome: 'succeeded', json: { operationId: 'new' } })
  })

  it('ends as conflicted if a copy to the sandbox is running already', async () => {
    operations = [copy('theirs', 'running', DUE - MINUTE)]
    const result = await attempt(type, INPUT)
    expect(result).toMatchObject({ outcome: 'conflicted', error: { message: expect.stringContaining('theirs') } })
    expect(posts()).toHaveLength(0)
  })

  it('ends as conflicted if the sandbox is copied from another environment, on a later attempt too', async () => {
    operations = [copy('theirs', 'running', DUE + MINUTE, 'Other')]
    expect(await attempt(type, INPUT, { attempt: 2 })).toMatchObject({ outcome: 'conflicted' })
    expect(posts()).toHaveLength(0)
  })

  it.each(['resourceExists', 'EnvironmentReservationFailed', 'tenantAlreadyProvisioning'])(
    'ends as conflicted if the service answers %s at the first attempt',
    async (code) => {
      refusal = { status: 409, code }
      expect(await attempt(type, INPUT)).toMatchObject({ outcome: 'conflicted', error: { message: `${code}: in the way` } })
    },
  )

  it('retries on the same answer at a later attempt, because the copy can be its own', async () => {
    refusal = { status: 400, code: 'resourceExists' }
    expect(await attempt(type, INPUT, { attempt: 2 })).toMatchObject({
      outcome: 'failed',
      error: { code: 'RetryLater', retriable: true },
    })
  })

  it('does not adopt a copy from before its time', async () => {
    operations = [copy('last week', 'succeeded', DUE - 7 * 24 * 60 * MINUTE)]
    expect(await attempt(type, INPUT, { attempt: 2 })).toMatchObject({ outcome: 'snoozed', reason: 'copy started' })
    expect(posts()).toHaveLength(1)
  })

  it('ignores other operations and other sandboxes', async () => {
    operations = [
      { ...copy('rename', 'running', DUE), type: 'environmentRename' },
      copy('other', 'running', DUE, 'Production', 'Test2'),
    ]
    expect(await attempt(type, INPUT)).toMatchObject({ outcome: 'snoozed', reason: 'copy started' })
  })

  it('fails without retry if the service refuses for another reason', async () => {
    refusal = { status: 400, code: 'maximumStorageCapacityUsageReached' }
    const message = expect.stringContaining('maximumStorageCapacityUsageReached')
    expect(await attempt(type, INPUT)).toMatchObject({ outcome: 'failed', error: { code: 'Http400', retriable: false, message } })
  })

  it('refuses to copy an environment onto itself', () => {
    expect(type.input.safeParse({ production: 'Production', sandbox: 'production' }).success).toBe(false)
  })
})
