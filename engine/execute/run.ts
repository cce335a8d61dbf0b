import type { Context, TaskType } from '../../core/define.ts'
import { deadlineMarginMs } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import type { Needs } from '../needs.ts'
import { contextOf } from './context.ts'
import { type Notebook, notebookOf } from './notes.ts'
import { type Answered, failedBy, resultOf, stackOf, timedOut } from './outcome.ts'
import { type Ended, watch } from './watch.ts'

type Work = { readonly type: TaskType; readonly input: unknown; readonly deadlineAt: number }

/**
 * Runs the handler until it answers, its time is up or its claim is lost, whichever comes first. One that ignores its
 * signal is left behind: the claim moves on without it, and whatever it still says is not heard.
 */
export const run = async (world: Needs<'execute'>, app: App, row: TaskRow, work: Work): Promise<Answered> => {
  const { ms, end } = timeFor(world, app, row, work.deadlineAt)
  if (ms <= 0) return end().result
  const stop = new AbortController()
  const over = new AbortController()
  const notes = notebookOf(world, app, row)
  const { lost, look } = watch(world, row, { stop, over: over.signal, each: notes.keep })
  const context = contextOf(world, row, { input: work.input, signal: stop.signal, over: over.signal, tell: notes.tell, look })
  const late = world.clock.sleep(ms, over.signal).then(end)
  const { result, stops, stack } = await Promise.race([handle(work.type, context), late, lost])
  over.abort(OVER)
  if (stops) stop.abort(stops)
  await close(notes, result, stack)
  return result
}

/** A reason of our own: without one, each attempt would pay for an exception with its stack. */
const OVER = 'the attempt is over'

/** How long the handler may take, and what it means if it has not ended then. */
const timeFor = (world: Needs<'execute'>, app: App, row: TaskRow, deadlineAt: number): { ms: number; end: () => Ended } => {
  const lane = app.lanes[row.lane]
  const marginMs = lane ? deadlineMarginMs(lane) : LIMITS.deadlineMarginMs
  const leftMs = deadlineAt - marginMs - world.clock.now()
  return leftMs < row.timeoutMs ? { ms: leftMs, end: () => interrupted(row) } : { ms: row.timeoutMs, end: () => tooLong(row) }
}

const interrupted = ({ id, attempt }: TaskRow): Ended => {
  const reason = `the function that runs attempt ${attempt} of task ${id} is about to be killed`
  return { result: { came: 'interrupted', reason }, stops: new DOMException(reason, 'AbortError') }
}

const tooLong = ({ timeoutMs }: TaskRow): Ended => {
  const result = timedOut(timeoutMs)
  return { result, stops: new DOMException(result.error.message, 'TimeoutError') }
}

const handle = async (type: TaskType, context: Context<unknown>): Promise<Ended> => {
  try {
    return { result: resultOf(await type.run(context)) }
  } catch (thrown) {
    // The signal's own reason, thrown back, has no story to tell.
    const stack = thrown === context.signal.reason ? undefined : stackOf(thrown)
    return { result: failedBy(thrown), ...(stack ? { stack } : {}) }
  }
}

/** How far an attempt came that did not succeed is worth knowing; the output of one that did says more. */
const close = async (notes: Notebook, result: Answered, stack: string | undefined): Promise<void> => {
  if (stack) await notes.close(stack)
  else if (result.came !== 'succeeded') await notes.close()
}
