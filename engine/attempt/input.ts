import type * as z from 'zod'
import type { TaskType } from '../../core/define.ts'
import type { Result } from '../../core/task/outcome.ts'
import type { TaskRow } from '../../core/task/row.ts'
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
  const input = type.input.safeParse(brought.input)
  if (input.success) return { input: input.data }
  return failure('InvalidInput', `the input does not fit type ${row.type}: ${issuesOf(input.error)}`, false)
}

const issuesOf = (error: z.ZodError): string =>
  error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`).join('; ')
