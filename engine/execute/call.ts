import type { Context, TaskType } from '../../core/define.ts'
import { failedBy, type HandlerResult, resultOf, stackOf } from './outcome.ts'

/** The end of an attempt. */
export type AttemptEnd = {
  readonly result: HandlerResult
  /** The reason for the handler's signal. */
  readonly abortReason?: DOMException
  /** Is the result what the handler has thrown? */
  readonly isThrown?: true
  /** The stack of the thrown error. */
  readonly stack?: string
}

/** Calls the handler of an attempt, and returns how the attempt ends. The promise never rejects. */
export type CallHandler = (type: TaskType, context: Context<unknown>) => Promise<AttemptEnd>

/** Calls the handler directly. An error that the handler's promise does not carry is not caught. */
export const callHandler: CallHandler = async (type, context) => {
  try {
    return { result: resultOf(await type.run(context)) }
  } catch (thrown) {
    return endedBy(thrown, context.signal)
  }
}

/** The end of an attempt by a thrown value. The stack of the signal's own reason does not describe the handler. */
export const endedBy = (thrown: unknown, signal: AbortSignal): AttemptEnd => {
  const stack = thrown === signal.reason ? undefined : stackOf(thrown)
  return { result: failedBy(thrown), isThrown: true, ...(stack ? { stack } : {}) }
}
