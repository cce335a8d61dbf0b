import type { OperationRow } from '../../core/operation/row.ts'
import { TASK_ID } from '../../core/reading/names.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { operationOf, operationView } from '../../core/wire/operation.ts'
import { type Call, operation } from './operation.ts'

/** `GET /v1/operations/{id}` */
export const getOperation = operation({
  answers: { 200: operationView },
  run: async (call) => {
    const row = await load(call)
    return isRefusal(row) ? row : { status: 200, body: operationOf(row) }
  },
})

/** The operation that a call names. */
export const load = async ({ world, caller, id }: Pick<Call, 'world' | 'caller' | 'id'>): Promise<OperationRow | Refusal> => {
  if (!TASK_ID.test(id)) return noOperation()
  const row = await world.store.get({ kind: 'operation', tenant: caller.tenant, id })
  return row?.kind === 'operation' ? row : noOperation()
}

/** The same, word for word, whether another tenant has one under this id or nobody. */
const noOperation = (): Refusal => refuse('unknown', 'this tenant has no operation with this id')
