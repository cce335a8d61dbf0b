import { type Instant, iso } from '../../../core/instant.ts'
import { ACTIONS } from '../../../core/operation/row.ts'
import type { VirtualClock } from '../../memory/clock.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'
import type { Recorder } from '../recorder.ts'
import { type Client, REQUESTS_COUNT, requestUntilAnswered } from './client.ts'

/** A bulk operation that a caller starts, and aborts at `abortAt`. */
export type PlannedOperation = {
  readonly mark: string
  readonly at: Instant
  readonly tenant: string
  readonly body: Readonly<Record<string, unknown>>
  readonly abortAt?: Instant
}

const MINUTE = 60_000

/** Draws the bulk operations of a run. Pages are small, so an operation has several of them and runs while tasks change. */
export const operationsOf = (
  random: Random,
  tenants: readonly string[],
  start: Instant,
  healAt: Instant,
): readonly PlannedOperation[] =>
  Array.from({ length: pick(random, [0, 0, 1, 2]) }, (_, index) => {
    const at = between(random, start + 5 * MINUTE, healAt + 10 * MINUTE)
    const action = pick(random, ACTIONS)
    return {
      mark: `o${index}`,
      at,
      tenant: pick(random, tenants),
      body: {
        action,
        filter: filterOf(random, at),
        rate: { count: between(random, 1, 5), per: pick(random, ['1s', '20s', '1m']) },
        ...(chance(random, 0.1) ? { dryRun: true } : {}),
        ...timeOf(random, action, at),
      },
      ...(chance(random, 0.2) ? { abortAt: at + between(random, 0, 5 * MINUTE) } : {}),
    }
  })

const filterOf = (random: Random, at: Instant): object =>
  pick(random, [
    () => ({ all: true }),
    () => ({ type: pick(random, ['quiet', 'watched', 'noted']) }),
    () => ({ state: pick(random, ['scheduled', 'pending', 'failed', 'waiting', 'cancelled']) }),
    () => ({ from: iso(at - 20 * MINUTE) }),
    () => ({ to: iso(at + 20 * MINUTE) }),
    () => ({ errorCode: pick(random, ['Busy', 'DeadLettered', 'WorkerLost']) }),
  ])()

/** Often later than the place that the operation has reached, so it meets tasks that it has rescheduled. */
const timeOf = (random: Random, action: string, at: Instant): object =>
  action === 'reschedule' || (action === 'ready' && chance(random, 0.5))
    ? { notBefore: iso(at + between(random, -MINUTE, 60 * MINUTE)), ...(chance(random, 0.5) ? { spread: '20m' } : {}) }
    : {}

/** Starts and aborts the planned operations, each at its time. */
export const startOperations = (
  operations: readonly PlannedOperation[],
  clock: VirtualClock,
  client: Client,
  recorder: Recorder,
): void => {
  const ids = new Map<string, string>()

  const start = ({ mark, tenant, body }: PlannedOperation): void => {
    const headers = { 'idempotency-key': mark }
    const request = { method: 'POST', path: '/v1/operations', query: {}, headers, body: JSON.stringify(body) }
    requestUntilAnswered(
      clock,
      () => client.request(tenant, request),
      ({ status, body: answer = '' }) => {
        if (status !== 202) return recorder.unexpected(`the API answered an operation with ${status}: ${answer}`)
        ids.set(mark, (JSON.parse(answer) as { readonly id: string }).id)
      },
      REQUESTS_COUNT,
    )
  }

  const abort = ({ mark, tenant }: PlannedOperation): void => {
    const id = ids.get(mark)
    if (!id) return
    const request = { method: 'POST', path: `/v1/operations/${id}/abort`, query: {}, headers: {} }
    void client.request(tenant, request).then(({ status, body }) => {
      // Aborted, ended before, or a fault.
      if (![200, 409, 503].includes(status)) recorder.unexpected(`the API answered an abort with ${status}: ${body}`)
    })
  }

  for (const operation of operations) {
    clock.at(operation.at, () => start(operation))
    if (operation.abortAt !== undefined) clock.at(operation.abortAt, () => abort(operation))
  }
}
