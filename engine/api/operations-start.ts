import { LIMITS } from '../../core/limits.ts'
import type { Order } from '../../core/operation/row.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { tooFar } from '../../core/task/objection.ts'
import { operationOf, operationView } from '../../core/wire/operation.ts'
import { type StartOperationRequest, startOperation as startBody } from '../../core/wire/start-operation.ts'
import { apply } from '../apply.ts'
import { newIdentity } from './create.ts'
import { identityOf, readKey } from './identity.ts'
import { signed } from './make.ts'
import { operation } from './operation.ts'
import { load } from './operations-get.ts'

/** `POST /v1/operations`. With an `Idempotency-Key` the operation is begun once, however often it is asked for. */
export const startOperation = operation({
  body: startBody,
  keyed: true,
  answers: { 202: operationView },
  run: async (call) => {
    const { world, caller, body, raw } = call
    const key = readKey(call.request)
    if (isRefusal(key)) return key
    const at = world.clock.now()
    const order = orderOf(body, at)
    if (isRefusal(order)) return order
    const identity = key.key === undefined ? newIdentity(call) : identityOf(caller.tenant, key.key, raw)
    const { id, digest } = identity
    const { environmentId } = call.app
    const said = {
      at,
      by: caller.by,
      order,
      environmentId,
      ...(digest === undefined ? {} : { requestDigest: signed(call, identity) }),
    }
    const name = { kind: 'operation', tenant: caller.tenant, id } as const
    const done = await apply(world, name, () => ({ name: 'start', ...said }), 'none')
    const location = `/v1/operations/${id}`
    if (!isRefusal(done)) return { status: 202, headers: { location }, body: operationOf(done.after) }
    const before = await load({ world, caller, id })
    if (isRefusal(before) || before.requestDigest?.split('.')[0] !== digest) return usedBefore(id)
    return { status: 202, headers: { location, 'idempotent-replayed': 'true' }, body: operationOf(before) }
  },
})

const usedBefore = (id: string): Refusal =>
  refuse('idempotencyConflict', `this Idempotency-Key has begun operation ${id} from another body; use a new key`, {
    path: '/headers/idempotency-key',
  })

const orderOf = (asked: StartOperationRequest, at: number): Order | Refusal => {
  const { action, filter, delay, spread, rate, dryRun, reason } = asked
  const notBefore = asked.notBefore ?? (delay === undefined ? undefined : at + delay)
  if (notBefore !== undefined && notBefore + (spread ?? 0) - at > LIMITS.horizonMs) return tooFar(notBefore + (spread ?? 0), at)
  return {
    action,
    filter,
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(spread === undefined ? {} : { spreadMs: spread }),
    rate: rate ? { count: rate.count, periodMs: rate.per } : DEFAULT_RATE,
    ...(dryRun ? { dryRun } : {}),
    ...(reason ? { reason } : {}),
  }
}

const DEFAULT_RATE = { count: LIMITS.operationRateCount, periodMs: LIMITS.operationRateMs }
