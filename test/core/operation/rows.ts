import type { OperationCommand } from '../../../core/operation/command.ts'
import { decideOperation } from '../../../core/operation/decide.ts'
import type { BulkOperation } from '../../../core/operation/row.ts'
import { isRefusal, type Refusal } from '../../../core/refusal.ts'

export const KEY = { kind: 'operation', tenant: 'acme', id: 'op1' } as const
export const AT = 1_000_000
export const RATE = { count: 60, periodMs: 60_000 }

export const start = (more: Partial<Extract<OperationCommand, { name: 'start' }>['request']> = {}): OperationCommand => ({
  name: 'start',
  at: AT,
  by: 'user:alice',
  request: { action: 'cancel', filter: { type: 'greet' }, rate: RATE, ...more },
})

export const becomes = (row: BulkOperation | undefined, command: OperationCommand): BulkOperation => {
  const next = decideOperation(KEY, row, command)
  if (isRefusal(next)) throw new Error(`refused ${next.refused}: ${next.message}`)
  return next
}

export const refusalOf = (row: BulkOperation | undefined, command: OperationCommand): Refusal => {
  const next = decideOperation(KEY, row, command)
  if (!isRefusal(next)) throw new Error(`not refused: ${JSON.stringify(next)}`)
  return next
}
