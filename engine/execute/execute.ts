import type { TaskType } from '../../core/define.ts'
import type { Instant } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { read } from '../../core/reading/read.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import { nudgeOf } from '../../core/row/nudge.ts'
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
import { answerRefusal, receive } from '../receive.ts'
import { claim } from './claim.ts'
import { attemptFields } from './context.ts'
import { failure, type HandlerResult } from './outcome.ts'
import { beforeAttempt, persist, storeUntil } from './persist.ts'
import { run } from './run.ts'

/**
 * Executes the task of a message: message → nudge (an early one is sent again) → gates → claim → run the handler → commit.
 * The message is acknowledged when its work is stored on the row, or told by another message; and returned when another worker
 * holds the row or the process stops.
 *
 * @throws a fault of the world. The message then becomes visible again; a message of a crashed worker does so too
 */
export const execute = async (world: Needs<'execute'>, app: App, message: Message): Promise<Delivery> => {
  if (message.stop?.signal.aborted) return { delivery: 'return' }
  const nudge = await receive(world, app, message, { kinds: ['task'], by: ACTOR })
  if (!nudge) return DONE
  const { deadlineAt = Number.POSITIVE_INFINITY } = message
  const held = await claim(world, app, nudge, deadlineAt)
  if (isRefusal(held)) return answerRefusal(world, nudge, held)
  if (held.state !== 'running') return DONE
  try {
    const result = await attempt(world, app, held, message)
    const refusal = await commit(world, app, held, result, storeUntil(app, held, deadlineAt))
    return refusal ? answerRefusal(world, nudge, refusal) : DONE
  } catch (fault) {
    return leaveUnstored(world, held, deadlineAt, fault)
  }
}

const ACTOR = 'system:execute'
const DONE: Delivery = { delivery: 'acknowledge' }

/**
 * Tells that the attempt has ended although the store does not take its result, by a message: the attempt is then interrupted,
 * and its worker does not count as lost. This message takes the place of the present one. When it cannot be sent either, the
 * present one becomes visible again after the lease, and the worker counts as lost.
 */
const leaveUnstored = async (world: Needs<'execute'>, held: TaskRow, deadlineAt: Instant, fault: unknown): Promise<Delivery> => {
  world.log.error('attempt.unstored', { ...attemptFields(held), error: fault })
  const dueAt = world.clock.now() + LIMITS.unstoredWaitMs
  const nudge = { ...nudgeOf(held, dueAt), unstored: held.lease?.owner }
  const until = Math.min(deadlineAt, world.clock.now() + LIMITS.answerMs)
  await persist(world, { until, task: held, what: 'the interruption' }, () => world.queue.send(nudge, LIMITS.unstoredWaitMs))
  return DONE
}

/**
 * Writes the result of the attempt under its claim, and repeats that after a fault: the work of a live worker is not thrown
 * away. The row refuses the result if another worker has the claim by now.
 */
const commit = async (
  world: Needs<'execute'>,
  app: App,
  held: TaskRow,
  result: Result,
  until: Instant,
): Promise<Refusal | undefined> => {
  const claimed: Claim = claimOf(held)
  const stamp = { at: world.clock.now(), by: held.lease ? `worker:${held.lease.owner}` : ACTOR }
  const key = { kind: 'task', tenant: held.tenant, id: held.id } as const
  const applied = await persist(world, { until, task: held, what: 'the result' }, () =>
    apply(world, key, (row) => settle(row ?? held, claimed, result, stamp, app.retentionMs), held),
  )
  return isRefusal(applied) ? applied : undefined
}

/**
 * One attempt of a claimed task: input → handler, within its timeout → result. The output is stored, the row is not written.
 *
 * @param message when the function that runs the attempt is killed, and when its process stops
 */
export const attempt = async (
  world: Needs<'execute'>,
  app: App,
  row: TaskRow,
  { deadlineAt = Number.POSITIVE_INFINITY, stop }: Pick<Message, 'deadlineAt' | 'stop'> = {},
): Promise<Result> => {
  const type = app.types.get(row.type)
  // Retriable, because during a deployment an older executor can get a task of a type that only the newer one has.
  if (!type) return failure('UnknownType', `task type ${row.type} is not registered in this executor`, true)
  const until = storeUntil(app, row, deadlineAt)
  const reading = { ...beforeAttempt(app, row, deadlineAt, until), task: row, what: 'the input' }
  const read = await persist(world, reading, () => readInput(world, row, type))
  if ('outcome' in read) return read
  return storeOutput(world, app, row, until, await run(world, app, row, { type, input: read.input, deadlineAt, stop }))
}

/** Stores the output before the row names it. */
const storeOutput = async (
  world: Needs<'execute'>,
  app: App,
  row: TaskRow,
  until: Instant,
  result: HandlerResult,
): Promise<Result> => {
  if (result.outcome !== 'succeeded') return result
  if (result.json === undefined) return { outcome: 'succeeded' }
  const { json } = result
  const output = await persist(world, { until, task: row, what: 'the output' }, () =>
    storePayload(world, row, json, world.clock.now() + app.retentionMs),
  )
  return isRefusal(output) ? failure('OutputTooLarge', output.message, false) : { outcome: 'succeeded', output }
}

export type ReadInput = { readonly input: unknown } | Extract<Result, { outcome: 'failed' }>

/**
 * The input for the handler: stored input → upcasters → schema. All failures are final, because the stored input never
 * changes.
 */
export const readInput = async (world: Needs<'execute'>, row: TaskRow, type: TaskType): Promise<ReadInput> => {
  const given = await loadPayload(world, row, row.input)
  if (given === undefined) return failure('InputMissing', 'the document with the input no longer exists', false)
  const upcasted = upcast(type, row.schema, given)
  if ('fault' in upcasted) return failure('PayloadVersion', upcasted.fault, false)
  return parseInput(type, upcasted.input)
}

/** Reads an input by the schema of its type. */
export const parseInput = (type: TaskType, value: unknown): ReadInput => {
  const invalid = (why: string) => failure('InvalidInput', why, false)
  try {
    const input = read(type.input, value, '/input')
    return isRefusal(input) ? invalid(`the input does not fit type ${type.name}: ${input.message}`) : { input: input.value }
  } catch (error) {
    // The schema's own code can throw for an unexpected value.
    return invalid(`the schema of type ${type.name} cannot parse the input: ${messageOf(error)}`)
  }
}
