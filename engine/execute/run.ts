import type { TaskType } from '../../core/define.ts'
import type { Instant } from '../../core/instant.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import type { Stop } from '../message.ts'
import type { Needs } from '../needs.ts'
import { type AttemptEnd, callHandler } from './call.ts'
import { contextOf } from './context.ts'
import { type Notebook, notebookOf } from './notes.ts'
import { type HandlerResult, timedOut } from './outcome.ts'
import { marginMs, storeUntil } from './persist.ts'
import { interruptOnStop, stoppedEnd } from './stop.ts'
import { watch } from './watch.ts'

type Work = {
  readonly type: TaskType
  readonly input: unknown
  readonly deadlineAt: number
  readonly stop?: Stop | undefined
}

/**
 * Runs the handler until it returns, its time is over, its claim is lost, or the stop of its process interrupts it, whichever
 * is first. A handler that ignores its signal is abandoned: the attempt ends without it, and its later result is ignored.
 */
export const run = async (world: Needs<'execute'>, app: App, row: TaskRow, work: Work): Promise<HandlerResult> => {
  const { ms, end } = timeFor(world, app, row, work.deadlineAt)
  if (work.stop?.signal.aborted) return stoppedEnd(row).result
  if (ms <= 0) return end().result
  const stop = new AbortController()
  const over = new AbortController()
  const notes = notebookOf(world, app, row)
  const { lost, check } = watch(world, row, { stop, over: over.signal, onCheck: notes.flush })
  const context = contextOf(world, row, {
    input: work.input,
    signal: stop.signal,
    over: over.signal,
    reportProgress: notes.reportProgress,
    checkClaim: check,
  })
  const { callHandler: call = callHandler } = app
  const timeout = world.clock.sleep(ms, over.signal).then(() => heldUpEnd(app.heldUp?.(context)) ?? end())
  const stopped = interruptOnStop(world, row, work.stop, { stop, over: over.signal })
  const called = call(work.type, context).then((end) => afterCall(end, row, work.stop))
  const { result, abortReason, stack } = await Promise.race([called, timeout, lost, stopped])
  over.abort(OVER_REASON)
  if (abortReason) stop.abort(abortReason)
  // The notes get at most half of the time that is left: the result needs the rest.
  const now = world.clock.now()
  const until = now + (storeUntil(app, row, work.deadlineAt) - now) / 2
  await closeNotes(notes, { result, until, stack })
  return result
}

/** A fixed reason, because without one `abort()` creates an exception with a stack for each attempt. */
const OVER_REASON = 'the attempt is over'

/** The time for the handler, and how the attempt ends when that time is over. */
const timeFor = (world: Needs<'execute'>, app: App, row: TaskRow, deadlineAt: number): { ms: number; end: () => AttemptEnd } => {
  const leftMs = deadlineAt - marginMs(app, row) - world.clock.now()
  return leftMs < row.timeoutMs
    ? { ms: leftMs, end: () => interruptedEnd(row) }
    : { ms: row.timeoutMs, end: () => timedOutEnd(row) }
}

const interruptedEnd = ({ id, attempt }: TaskRow): AttemptEnd => {
  const reason = `the function that runs attempt ${attempt} of task ${id} is about to be killed`
  return { result: { outcome: 'interrupted', reason }, abortReason: new DOMException(reason, 'AbortError') }
}

const timedOutEnd = ({ timeoutMs }: TaskRow): AttemptEnd => {
  const result = timedOut(timeoutMs)
  return { result, abortReason: new DOMException(result.error.message, 'TimeoutError') }
}

/** The end of an attempt that another one has held up. It uses up nothing. */
const heldUpEnd = (reason: string | undefined): AttemptEnd | undefined =>
  reason === undefined
    ? undefined
    : { result: { outcome: 'interrupted', reason, isExcused: true }, abortReason: new DOMException(reason, 'AbortError') }

/** What a handler throws after it was told to stop is no failure of its own. */
const afterCall = (end: AttemptEnd, row: TaskRow, stop: Stop | undefined): AttemptEnd =>
  end.isThrown && stop?.signal.aborted ? stoppedEnd(row) : end

/** Writes the last progress of an attempt that did not succeed. A successful one has an output instead. */
const closeNotes = async (notes: Notebook, { result, until, stack }: Closing): Promise<void> => {
  if (stack || result.outcome !== 'succeeded') await notes.close(until, stack)
}

type Closing = { readonly result: HandlerResult; readonly until: Instant; readonly stack: string | undefined }
