import { isRefusal } from '../../core/refusal.ts'
import { operationOf, operationView } from '../../core/wire/operation.ts'
import { reasonOnly } from '../../core/wire/requests.ts'
import { apply } from '../apply.ts'
import { said } from './command.ts'
import { operation } from './operation.ts'
import { load } from './operations-get.ts'

/** `POST /v1/operations/{id}/abort`. What has been told stays told. It can be said again and again. */
export const abortOperation = operation({
  body: reasonOnly,
  answers: { 200: operationView },
  run: async (call) => {
    const known = await load(call)
    if (isRefusal(known)) return known
    const { tenant, id } = known
    const word = { name: 'abort', ...said(call, call.body.reason), retentionMs: call.app.retentionMs } as const
    const done = await apply(call.world, { kind: 'operation', tenant, id }, () => word, known)
    if (!isRefusal(done)) return { status: 200, body: operationOf(done.after) }
    const now = await load(call)
    return isRefusal(now) || !now.abort ? done : { status: 200, body: operationOf(now) }
  },
})
