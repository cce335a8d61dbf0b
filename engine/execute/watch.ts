import { LIMITS } from '../../core/limits.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Needs } from '../needs.ts'
import type { AttemptEnd } from './call.ts'
import { attemptFields } from './context.ts'

type WatchOptions = {
  /** Stops the handler. */
  readonly stop: AbortController
  /** Fires when the attempt is over. */
  readonly over: AbortSignal
  /** Called at each check. */
  readonly onCheck: () => Promise<void>
}

/**
 * Reads the row every `LIMITS.cancelCheckMs` while the handler runs, and fires the handler's signal on a cancel request or a
 * lost claim. It writes nothing: a lane's lease is longer than its function's timeout, so no lease is extended. A shorter
 * attempt costs no read.
 *
 * @returns `check` reads the row at once; `lost` resolves when the claim is lost
 */
export const watch = (world: Needs<'execute'>, row: TaskRow, { stop, over, onCheck }: WatchOptions) => {
  const { promise: lost, resolve: resolveLost } = Promise.withResolvers<AttemptEnd>()

  const check = async (): Promise<void> => {
    const now = await world.store.get({ kind: 'task', tenant: row.tenant, id: row.id })
    if (over.aborted) return
    const isOurs = now?.kind === 'task' && now.state === 'running' && now.epoch === row.epoch && now.attempt === row.attempt
    if (isOurs) {
      if (now.cancelRequested) stop.abort(new DOMException(`the cancellation of task ${row.id} was requested`, 'AbortError'))
      return
    }
    const reason = `attempt ${row.attempt} of task ${row.id} has lost its claim`
    const abortReason = new DOMException(reason, 'AbortError')
    stop.abort(abortReason)
    resolveLost({ result: { outcome: 'interrupted', reason }, abortReason })
  }

  /** A failed check is only logged, because the next one reads the same row. */
  const tryCheck = async (): Promise<void> => {
    try {
      await check()
    } catch (error) {
      world.log.warn('attempt.checkFailed', { ...attemptFields(row), error })
    }
  }

  const checkPeriodically = async (): Promise<void> => {
    for (;;) {
      await world.clock.sleep(LIMITS.cancelCheckMs, over)
      if (over.aborted) return
      await Promise.all([tryCheck(), onCheck()])
    }
  }
  void checkPeriodically()
  return { lost, check: tryCheck }
}
