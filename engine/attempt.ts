import { isRefusal } from '../core/refusal.ts'
import type { Result } from '../core/task/outcome.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { App } from './app.ts'
import { readInput } from './attempt/input.ts'
import { run } from './attempt/run.ts'
import type { Needs } from './needs.ts'
import { type Answered, failure } from './outcome.ts'
import { storePayload } from './payload.ts'

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
