import { type Instant, iso } from '../../../core/instant.ts'
import { ACTIONS } from '../../../core/operation/row.ts'
import type { VirtualClock } from '../../memory/clock.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'
import type { Recorder } from '../recorder.ts'
import type { Doors } from './callers.ts'

/** An operation on many tasks that a caller begins, and aborts if it has such a time. */
export type OrderOf = {
  readonly mark: string
  readonly at: Instant
  readonly tenant: string
  readonly body: Readonly<Record<string, unknown>>
  readonly abortAt?: Instant
}

const MINUTE = 60_000

/** Draws the operations of a run. Their pages are small, so that there are several of them, and pass while tasks are moving. */
export const ordersOf = (random: Random, tenants: readonly string[], start: Instant, healAt: Instant): readonly OrderOf[] =>
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

/** Often behind the time where the operation walks, so that it meets what it has moved. */
const timeOf = (random: Random, action: string, at: Instant): object =>
  action === 'reschedule' || (action === 'ready' && chance(random, 0.5))
    ? { notBefore: iso(at + between(random, -MINUTE, 60 * MINUTE)), ...(chance(random, 0.5) ? { spread: '20m' } : {}) }
    : {}

/** How long a caller waits for an answer, and how often it asks when none came or the answer was to try again. */
const PATIENCE_MS = 30_000
const PAUSE_MS = 1_000
const TRIES = 12

/** Lets the callers of operations come to the doors, each at its time. */
export const beginOrders = (orders: readonly OrderOf[], clock: VirtualClock, doors: Doors, recorder: Recorder): void => {
  const ids = new Map<string, string>()

  const begin = (order: OrderOf, tries = TRIES): void => {
    let waits = true
    const again = () => {
      if (waits && tries > 1) clock.at(clock.now() + PAUSE_MS, () => begin(order, tries - 1))
      waits = false
    }
    clock.at(clock.now() + PATIENCE_MS, again)
    const headers = { 'idempotency-key': order.mark }
    const request = { method: 'POST', path: '/v1/operations', query: {}, headers, body: JSON.stringify(order.body) }
    void doors.ask(order.tenant, request).then(({ status, body = '' }) => {
      if (status === 503) return again()
      waits = false
      if (status !== 202) return recorder.surprise(`the API answered an operation with ${status}: ${body}`)
      ids.set(order.mark, (JSON.parse(body) as { readonly id: string }).id)
    })
  }

  const abort = ({ mark, tenant }: OrderOf): void => {
    const id = ids.get(mark)
    if (!id) return
    const request = { method: 'POST', path: `/v1/operations/${id}/abort`, query: {}, headers: {} }
    void doors.ask(tenant, request).then(({ status, body }) => {
      // Done, ended already, or the outside has failed.
      if (![200, 409, 503].includes(status)) recorder.surprise(`the API answered an abort with ${status}: ${body}`)
    })
  }

  for (const order of orders) {
    clock.at(order.at, () => begin(order))
    if (order.abortAt !== undefined) clock.at(order.abortAt, () => abort(order))
  }
}
