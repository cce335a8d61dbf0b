import type { TaskType } from '../../core/define.ts'
import { read } from '../../core/reading/read.ts'
import { isRefusal } from '../../core/refusal.ts'
import type { Result } from '../../core/task/outcome.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { messageOf } from '../../core/thrown.ts'
import { upcast } from '../../core/upcast.ts'
import type { Needs } from '../needs.ts'
import { failure } from '../outcome.ts'
import { loadPayload } from '../payload.ts'

type Read = { readonly input: unknown } | Extract<Result, { came: 'failed' }>

/**
 * The input as the handler gets it: as it was given, brought up to the type's version, and read by the schema. Nothing of
 * that is worth a second try, for the row keeps what it was given.
 */
export const readInput = async (world: Needs<'execute'>, row: TaskRow, type: TaskType): Promise<Read> => {
  const given = await loadPayload(world, row, row.input)
  if (given === undefined) return failure('InputMissing', 'the document that held the input is gone', false)
  const brought = upcast(type, row.schema, given)
  if ('fault' in brought) return failure('PayloadVersion', brought.fault, false)
  return fitted(type, brought.input)
}

const fitted = (type: TaskType, value: unknown): Read => {
  const misfit = (why: string) => failure('InvalidInput', why, false)
  try {
    const input = read(type.input, value, '/input')
    return isRefusal(input) ? misfit(`the input does not fit type ${type.name}: ${input.message}`) : { input: input.value }
  } catch (error) {
    // A schema's own code may throw at what its author did not think of.
    return misfit(`the schema of type ${type.name} cannot read the input: ${messageOf(error)}`)
  }
}
