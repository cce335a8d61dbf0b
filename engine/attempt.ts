import type * as z from 'zod'
import type { Context, TaskType } from '../core/define.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Result } from '../core/task/outcome.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { App } from './app.ts'
import type { Needs } from './needs.ts'
import { type Answered, failedBy, failure, resultOf, timedOut } from './outcome.ts'
import { loadPayload, storePayload } from './payload.ts'

/** One attempt of a claimed task: load the input, run the handler under its timeout, and say what came of it. */
export const attempt = async (world: Needs<'execute'>, app: App, row: TaskRow): Promise<Result> => {
  const type = app.types.get(row.type)
  // Retriable: during a deployment an older executor may meet a type that only the newer one knows.
  if (!type) return failure('UnknownType', `task type ${row.type} is not registered in this executor`, true)
  const given = await loadPayload(world, row, row.input)
  if (given === undefined) return failure('InputMissing', 'the document that held the input is gone', false)
  const input = type.input.safeParse(given)
  if (!input.success) return failure('InvalidInput', `the input does not fit type ${row.type}: ${issuesOf(input.error)}`, false)
  return keepOutput(world, app, row, await run(world, row, type, input.data))
}

const issuesOf = (error: z.ZodError): string =>
  error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`).join('; ')

/**
 * Runs the handler until it answers or its time is up, whichever comes first. One that ignores its signal is left behind:
 * the claim moves on without it, and whatever it still says is not heard.
 */
const run = async (world: Needs<'execute'>, row: TaskRow, type: TaskType, input: unknown): Promise<Answered> => {
  const stop = new AbortController()
  const over = new AbortController()
  const context = contextOf(world, row, input, stop)
  const handled = (async () => resultOf(await type.run(context)))().catch(failedBy)
  const late = world.clock.sleep(row.timeoutMs, over.signal).then(() => timedOut(row.timeoutMs))
  const result: Answered = await Promise.race([handled, late])
  over.abort(OVER)
  if (result.came === 'failed' && result.error.code === 'Timeout')
    stop.abort(new DOMException(result.error.message, 'TimeoutError'))
  return result
}

/** A reason of our own: without one, each attempt would pay for an exception with its stack. */
const OVER = 'the attempt is over'

const contextOf = (world: Needs<'execute'>, row: TaskRow, input: unknown, stop: AbortController): Context<unknown> => {
  const { tenant, id, type, createdAt, notBefore, tags = [] } = row
  const about = { tenant, taskId: id, type, attempt: row.attempt }
  const log = (level: 'info' | 'warn' | 'error') => (message: string, fields?: object) =>
    world.log[level](message, { ...fields, ...about })
  return {
    input,
    task: { id, tenant, type, createdAt, notBefore, tags },
    attempt: row.attempt,
    signal: stop.signal,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    heartbeat: () => heartbeat(world, row, stop),
    // The id is unique over all tenants and stays the same through attempts and redrives.
    idempotencyKey: `carillon-${id}`,
  }
}

/**
 * Looks at the row, and fires the handler's signal when the claim is lost or the task is to be cancelled. It writes nothing:
 * a lane's lease outlives its function, so there is nothing to extend.
 */
const heartbeat = async (world: Needs<'execute'>, row: TaskRow, stop: AbortController): Promise<void> => {
  const now = await world.store.get({ kind: 'task', tenant: row.tenant, id: row.id })
  const ours = now?.kind === 'task' && now.state === 'running' && now.epoch === row.epoch && now.attempt === row.attempt
  if (!ours) stop.abort(new DOMException(`attempt ${row.attempt} of task ${row.id} has lost its claim`, 'AbortError'))
  else if (now.cancelRequested) stop.abort(new DOMException(`task ${row.id} is to be cancelled`, 'AbortError'))
}

/** Puts the output where it belongs before the row says that it is there. */
const keepOutput = async (world: Needs<'execute'>, app: App, row: TaskRow, result: Answered): Promise<Result> => {
  if (result.came !== 'succeeded') return result
  if (result.json === undefined) return { came: 'succeeded' }
  const output = await storePayload(world, row, result.json, world.clock.now() + app.retentionMs)
  return isRefusal(output) ? failure('OutputTooLarge', output.message, false) : { came: 'succeeded', output }
}
