import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context } from '../../core/define.ts'
import { type AttemptEnd, type CallHandler, callHandler, endedBy } from '../../engine/execute/call.ts'
import { catchStrayErrors } from './stray-errors.ts'

/** An attempt whose handler runs, or has run, in this process. */
export type Attempt = {
  /** Takes an error that the handler's promise does not carry. */
  readonly take: (error: unknown) => void
}

const attempts = new AsyncLocalStorage<Attempt | undefined>()

/** The attempt whose handler has started the code that runs now; undefined for the code of Carillon and of modules. */
export const currentAttempt = (): Attempt | undefined => attempts.getStore()

/**
 * Calls the handler of an attempt and isolates this process from it. The first error that the handler's promise does not
 * carry (a rejection that is not awaited, a throw in a timer, an `error` event without a listener, `process.exit`) ends the
 * attempt as if the handler had thrown it. An error after the end of the attempt is logged and changes nothing.
 */
export const callIsolated: CallHandler = async (type, context) => {
  catchStrayErrors(currentAttempt)
  const stop = new AbortController()
  const { promise: strayed, resolve } = Promise.withResolvers<AttemptEnd>()
  let isOver = false
  let ending: { readonly error: unknown } | undefined

  const take = (error: unknown): void => {
    // `process.exit` gives its error to the attempt and throws it, so the same error can arrive twice.
    if (ending && ending.error === error) return
    // A signal that has fired can mean that the attempt is over; the result then belongs to its timeout or its cancel.
    if (isOver || context.signal.aborted) attempts.run(undefined, () => context.log.error('attempt.strayError', { error }))
    if (isOver) return
    isOver = true
    ending = { error }
    resolve({ abortReason: new DOMException(STRAYED, 'AbortError'), ...endedBy(error, context.signal) })
  }

  const attempt: Attempt = { take }
  const abort = () => attempts.run(attempt, () => stop.abort(context.signal.reason))
  if (context.signal.aborted) abort()
  else context.signal.addEventListener('abort', abort, { once: true })
  const end = await Promise.race([
    attempts.run(attempt, callHandler, type, outsideAttempt(context, stop.signal)).then(afterTurn),
    strayed,
  ])
  isOver = true
  return end
}

const STRAYED = 'an error outside the promise of the handler has ended the attempt'

/** The context of a handler, whose functions are code of Carillon: an error in them is not the attempt's. */
const outsideAttempt = (context: Context<unknown>, signal: AbortSignal): Context<unknown> => ({
  ...context,
  signal,
  heartbeat: (progress) => attempts.run(undefined, context.heartbeat, progress),
  log: {
    info: (...line) => attempts.run(undefined, context.log.info, ...line),
    warn: (...line) => attempts.run(undefined, context.log.warn, ...line),
    error: (...line) => attempts.run(undefined, context.log.error, ...line),
  },
})

/**
 * Waits for a turn of the event loop after a handler has succeeded. Node reports a rejection that is not awaited at the end
 * of the turn, which is after a handler that does not wait has returned.
 */
const afterTurn = async (end: AttemptEnd): Promise<AttemptEnd> => {
  if (end.result.outcome !== 'failed') await new Promise((resolve) => setImmediate(resolve))
  return end
}
