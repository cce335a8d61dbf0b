import type { Instant } from '../../core/instant.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Stop } from '../message.ts'
import type { Needs } from '../needs.ts'
import type { AttemptEnd } from './call.ts'

/** The end of an attempt whose process stops. It counts neither as a failed attempt nor as a lost worker. */
export const stoppedEnd = ({ id, attempt }: TaskRow): AttemptEnd => {
  const reason = `the process that runs attempt ${attempt} of task ${id} stops`
  return { result: { outcome: 'interrupted', reason, isExcused: true }, abortReason: new DOMException(reason, 'AbortError') }
}

type StopOptions = {
  /** Stops the handler. */
  readonly stop: AbortController
  /** Fires when the attempt is over. */
  readonly over: AbortSignal
}

/**
 * Fires the handler's signal when the process begins to stop. The handler may still finish, until the stop interrupts what
 * has not ended.
 *
 * @returns the end of the attempt, when the stop interrupts it
 */
export const interruptOnStop = (
  world: Needs<'execute'>,
  row: TaskRow,
  stopping: Stop | undefined,
  { stop, over }: StopOptions,
): Promise<AttemptEnd> => {
  const { promise: interrupted, resolve } = Promise.withResolvers<AttemptEnd>()
  const begin = async (at: Instant): Promise<void> => {
    const end = stoppedEnd(row)
    stop.abort(end.abortReason)
    const graceMs = at - world.clock.now()
    if (graceMs > 0) await world.clock.sleep(graceMs, over)
    resolve(end)
  }
  stopping?.signal.addEventListener('abort', () => void begin(stopping.interruptsAt()), { once: true, signal: over })
  return interrupted
}
