import type { Context } from '../core/define.ts'
import type { DurationMs } from '../core/duration.ts'
import type { CallHandler } from '../engine/execute/call.ts'
import { drained } from '../worlds/memory/clock.ts'

/** Keeps virtual time from passing while handlers run. */
export type IdleDetector = {
  /** Returns a function that calls handlers, and whose calls are observed. */
  readonly observed: (call: CallHandler) => CallHandler
  /** Resolves when nothing can continue before time passes. */
  readonly settled: () => Promise<void>
  /** Number of handlers that have not returned. */
  readonly count: () => number
}

/** Interval between two checks whether a handler has returned. Checks are counted, so a loaded machine waits longer. */
const CHECK_MS = 10

/**
 * Makes an idle detector. A running handler may wait for real work, such as a fake server, which does not depend on
 * virtual time: then time must not pass. Or it may wait for its signal, which fires only when time passes: then time must
 * pass. The two cannot be distinguished. So virtual time does not pass for `idleAfterMs` of real time, and then it passes. When the
 * handler's signal fires, it starts again.
 */
export const idleDetector = (idleAfterMs: DurationMs): IdleDetector => {
  const checks = Math.ceil(idleAfterMs / CHECK_MS)
  const running = new Set<{ checksLeft: number }>()
  let returned = Promise.withResolvers<void>()

  const observed =
    (call: CallHandler): CallHandler =>
    async (type, context) => {
      const run = { checksLeft: checks }
      const restart = () => {
        run.checksLeft = checks
      }
      running.add(run)
      context.signal.addEventListener('abort', restart)
      try {
        return await call(type, yielding(context))
      } finally {
        context.signal.removeEventListener('abort', restart)
        running.delete(run)
        returned.resolve()
        returned = Promise.withResolvers()
      }
    }

  const settled = async (): Promise<void> => {
    await drained()
    for (let busy = notIdle(); busy.length > 0; busy = notIdle()) {
      const hasReturned = await within(CHECK_MS, returned.promise)
      if (!hasReturned) for (const run of busy) run.checksLeft--
      await drained()
    }
  }
  const notIdle = () => [...running].filter(({ checksLeft }) => checksLeft > 0)

  return { observed, settled, count: () => running.size }
}

/** A heartbeat takes no real time in memory, so a handler that calls it in a loop would block the event loop: it yields first. */
const yielding = (context: Context<unknown>): Context<unknown> => ({
  ...context,
  heartbeat: async (...progress) => {
    await drained()
    await context.heartbeat(...progress)
  },
})

/** Whether the promise resolves within this much real time. */
const within = (ms: DurationMs, promise: Promise<void>): Promise<boolean> =>
  new Promise((resolve) => {
    const timeout = setTimeout(() => resolve(false), ms)
    void promise.then(() => {
      clearTimeout(timeout)
      resolve(true)
    })
  })
