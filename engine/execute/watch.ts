import { LIMITS } from '../../core/limits.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Needs } from '../needs.ts'
import { aboutAttempt } from './context.ts'
import type { Answered } from './outcome.ts'

/** How an attempt ended: what it came to, the reason with which the handler is told to stop, and the stack of what it threw. */
export type Ended = { readonly result: Answered; readonly stops?: DOMException; readonly stack?: string }

type Watched = {
  /** Tells the handler to stop. */
  readonly stop: AbortController
  /** Fires when the attempt is over. */
  readonly over: AbortSignal
  /** What else is to be done at each look. */
  readonly each: () => Promise<void>
}

/**
 * Looks at the row every few seconds while the handler runs, so that it hears of a cancel without asking. It writes nothing:
 * a lane's lease outlives its function, so there is nothing to extend. An attempt that ends sooner pays nothing.
 *
 * @returns how to look at once, and what becomes of the attempt when the claim is lost
 */
export const watch = (world: Needs<'execute'>, row: TaskRow, { stop, over, each }: Watched) => {
  const { promise: lost, resolve: lose } = Promise.withResolvers<Ended>()

  const look = async (): Promise<void> => {
    const now = await world.store.get({ kind: 'task', tenant: row.tenant, id: row.id })
    if (over.aborted) return
    const isOurs = now?.kind === 'task' && now.state === 'running' && now.epoch === row.epoch && now.attempt === row.attempt
    if (isOurs) {
      if (now.cancelRequested) stop.abort(new DOMException(`task ${row.id} is to be cancelled`, 'AbortError'))
      return
    }
    const reason = `attempt ${row.attempt} of task ${row.id} has lost its claim`
    const stops = new DOMException(reason, 'AbortError')
    stop.abort(stops)
    lose({ result: { came: 'interrupted', reason }, stops })
  }

  /** A look that fails costs the handler nothing: the next one sees the same. */
  const tryLook = async (): Promise<void> => {
    try {
      await look()
    } catch (error) {
      world.log.warn('attempt.lookFailed', { ...aboutAttempt(row), error })
    }
  }

  const keepLooking = async (): Promise<void> => {
    for (;;) {
      await world.clock.sleep(LIMITS.cancelCheckMs, over)
      if (over.aborted) return
      await Promise.all([tryLook(), each()])
    }
  }
  void keepLooking()
  return { lost, look: tryLook }
}
