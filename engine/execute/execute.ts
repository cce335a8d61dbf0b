import type { TaskType } from '../../core/define.ts'
import { read } from '../../core/reading/read.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import { type Claim, claimOf } from '../../core/task/command.ts'
import { type Result, settle } from '../../core/task/outcome.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { messageOf } from '../../core/thrown.ts'
import { upcast } from '../../core/upcast.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import type { Delivery, Message } from '../message.ts'
import type { Needs } from '../needs.ts'
import { loadPayload, storePayload } from '../payload.ts'
import { answer, receive } from '../receive.ts'
import { claim } from './claim.ts'
import { type Answered, failure } from './outcome.ts'
import { run } from './run.ts'

/**
 * What an executor does with a message: parse → early? send on → gates → claim → run → commit. The message is acknowledged when
 * the row has taken over what it said, and returned when somebody else holds the row.
 *
 * @throws a fault of the world; the message then comes back by itself, which is the watchdog of a crashed worker
 */
export const execute = async (world: Needs<'execute'>, app: App, message: Message): Promise<Delivery> => {
  const nudge = await receive(world, app, message, { kinds: ['task'], by: BY })
  if (!nudge) return DONE
  const held = await claim(world, app, nudge)
  if (isRefusal(held)) return answer(world, nudge, held)
  if (held.state !== 'running') return DONE
  const result = await attempt(world, app, held, message.deadlineAt)
  const no = await commit(world, app, held, result)
  return no ? answer(world, nudge, no) : DONE
}

const BY = 'system:execute'
const DONE: Delivery = { delivery: 'acknowledge' }

/** Writes what the attempt came to, in the name of its own claim: if that has passed to another, it is refused. */
const commit = async (world: Needs<'execute'>, app: App, held: TaskRow, result: Result): Promise<Refusal | undefined> => {
  const mine: Claim = claimOf(held)
  const said = { at: world.clock.now(), by: held.lease ? `worker:${held.lease.owner}` : BY }
  const key = { kind: 'task', tenant: held.tenant, id: held.id } as const
  const applied = await apply(world, key, (row) => settle(row ?? held, mine, result, said, app.retentionMs), held)
  return isRefusal(applied) ? applied : undefined
}

/**
 * One attempt of a claimed task: read the input, run the handler in the time that it has, and say what came of it.
 *
 * @param deadlineAt when the function that runs it will be killed
 */
export const attempt = async (
  world: Needs<'execute'>,
  app: App,
  row: TaskRow,
  deadlineAt = Number.POSITIVE_INFINITY,
): Promise<Result> => {
  const type = app.types.get(row.type)
  // Retriable: during a deployment an older executor may meet a type that only the newer one knows.
  if (!type) return failure('UnknownType', `task type ${row.type} is not registered in this executor`, true)
  const read = await readInput(world, row, type)
  if ('came' in read) return read
  return keepOutput(world, app, row, await run(world, app, row, { type, input: read.input, deadlineAt }))
}

/** Puts the output where it belongs before the row says that it is there. */
const keepOutput = async (world: Needs<'execute'>, app: App, row: TaskRow, result: Answered): Promise<Result> => {
  if (result.came !== 'succeeded') return result
  if (result.json === undefined) return { came: 'succeeded' }
  const output = await storePayload(world, row, result.json, world.clock.now() + app.retentionMs)
  return isRefusal(output) ? failure('OutputTooLarge', output.message, false) : { came: 'succeeded', output }
}

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
