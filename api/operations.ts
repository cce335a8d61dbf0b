import { defined } from '../core/defined.ts'
import { LIMITS } from '../core/limits.ts'
import type { BulkOperation, BulkRequest, BulkResult } from '../core/operation/row.ts'
import { TASK_ID } from '../core/reading/names.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import { refuseBeyondHorizon } from '../core/task/command.ts'
import { apply } from '../engine/apply.ts'
import { newIdentity } from '../engine/create/create.ts'
import { identityOf, isMadeBy, requestDigestOf } from '../engine/create/insert.ts'
import { type Call, endpoint } from './http/endpoint.ts'
import { readPage } from './http/pagination.ts'
import { readKey } from './http/request.ts'
import {
  operationOf,
  operationPage,
  operationView,
  resultOf,
  resultPage,
  type StartOperationRequest,
  startOperationRequest,
} from './schemas/operation.ts'
import { pageQuery } from './schemas/queries.ts'
import { reasonRequest } from './schemas/task-commands.ts'
import { stampOf } from './tasks/commands.ts'

/** `GET /v1/operations/{id}` */
export const getOperation = endpoint({
  answers: { 200: operationView },
  run: async (call) => {
    const row = await loadOperation(call)
    return isRefusal(row) ? row : { status: 200, body: operationOf(row) }
  },
})

/** Loads the operation whose id is in the path. */
export const loadOperation = async ({
  world,
  caller,
  id,
}: Pick<Call, 'world' | 'caller' | 'id'>): Promise<BulkOperation | Refusal> => {
  if (!TASK_ID.test(id)) return noOperation()
  const row = await world.store.get({ kind: 'operation', tenant: caller.tenant, id })
  return row?.kind === 'operation' ? row : noOperation()
}

/** The text is the same if another tenant has this id, so that it reveals nothing. */
const noOperation = (): Refusal => refuse('unknown', 'this tenant has no operation with this id')

/** `POST /v1/operations`. Repeated requests with one `Idempotency-Key` start one operation. */
export const startOperation = endpoint({
  body: startOperationRequest,
  keyed: true,
  answers: { 202: operationView },
  run: async (call) => {
    const { world, caller, body, raw } = call
    const key = readKey(call.request)
    if (isRefusal(key)) return key
    const at = world.clock.now()
    const request = bulkRequestOf(body, at)
    if (isRefusal(request)) return request
    const identity = key.key === undefined ? newIdentity(call) : identityOf(caller.tenant, key.key, raw)
    const { id, digest } = identity
    const { environmentId } = call.app
    const start = {
      name: 'start' as const,
      at,
      by: caller.by,
      request,
      environmentId,
      ...(digest === undefined ? {} : { requestDigest: requestDigestOf(call, identity) }),
    }
    const rowKey = { kind: 'operation', tenant: caller.tenant, id } as const
    const done = await apply(world, rowKey, () => start, 'none')
    const location = `/v1/operations/${id}`
    if (!isRefusal(done)) return { status: 202, headers: { location }, body: operationOf(done.after) }
    const before = await loadOperation({ world, caller, id })
    if (isRefusal(before) || (digest !== undefined && !isMadeBy(before, identity))) return keyConflict(id)
    return { status: 202, headers: { location, 'idempotent-replayed': 'true' }, body: operationOf(before) }
  },
})

const keyConflict = (id: string): Refusal =>
  refuse('idempotencyConflict', `this Idempotency-Key has started operation ${id} with another body; use a new key`, {
    path: '/headers/idempotency-key',
  })

const bulkRequestOf = (body: StartOperationRequest, at: number): BulkRequest | Refusal => {
  const { action, filter, delay, spread, rate, dryRun, reason } = body
  const notBefore = body.notBefore ?? (delay === undefined ? undefined : at + delay)
  if (notBefore !== undefined && notBefore + (spread ?? 0) - at > LIMITS.horizonMs)
    return refuseBeyondHorizon(notBefore + (spread ?? 0), at)
  return {
    action,
    filter,
    ...defined({ notBefore, spreadMs: spread }),
    rate: rate ? { count: rate.count, periodMs: rate.per } : DEFAULT_RATE,
    ...(dryRun ? { dryRun } : {}),
    ...(reason ? { reason } : {}),
  }
}

const DEFAULT_RATE = { count: LIMITS.operationRateCount, periodMs: LIMITS.operationRateMs }

/** `GET /v1/operations`: the operations of the tenant, newest first. */
export const listOperations = endpoint({
  query: pageQuery,
  answers: { 200: operationPage },
  run: async (call) => {
    const { world, caller } = call
    const list = { list: 'operations', tenant: caller.tenant, id: caller.tenant } as const
    const page = await readPage(world.store, list, { ...call.query, order: 'latest' })
    if (isRefusal(page)) return page
    const rows = await Promise.all(page.entries.map(({ value }) => loadOperation({ world, caller, id: String(value) })))
    const items = rows.flatMap((row) => (isRefusal(row) ? [] : [operationOf(row)]))
    return { status: 200, body: { items, ...page.next } }
  },
})

/** `GET /v1/operations/{id}/tasks`: the tasks that the operation has processed, oldest first. */
export const listResults = endpoint({
  query: pageQuery,
  answers: { 200: resultPage },
  run: async (call) => {
    const row = await loadOperation(call)
    if (isRefusal(row)) return row
    const { tenant, id } = row
    const page = await readPage(call.world.store, { list: 'results', tenant, id }, { ...call.query, order: 'earliest' })
    if (isRefusal(page)) return page
    return { status: 200, body: { items: page.entries.map(({ value }) => resultOf(value as BulkResult)), ...page.next } }
  },
})

/** `POST /v1/operations/{id}/abort`. Changes that the operation has made stay. A repeated abort succeeds. */
export const abortOperation = endpoint({
  body: reasonRequest,
  answers: { 200: operationView },
  run: async (call) => {
    const row = await loadOperation(call)
    if (isRefusal(row)) return row
    const { tenant, id } = row
    const command = { name: 'abort', ...stampOf(call, call.body.reason), retentionMs: call.app.retentionMs } as const
    const done = await apply(call.world, { kind: 'operation', tenant, id }, () => command, row)
    if (!isRefusal(done)) return { status: 200, body: operationOf(done.after) }
    const now = await loadOperation(call)
    return isRefusal(now) || !now.abort ? done : { status: 200, body: operationOf(now) }
  },
})
