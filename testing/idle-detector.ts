import type { Context, TaskType } from '../core/define.ts'
import type { DurationMs } from '../core/duration.ts'
import { drained } from '../worlds/memory/clock.ts'

/** The handlers that are running, for whom time stands still. */
export type Patience = {
  /** The type, with a handler whose running is known. */
  readonly watched: (type: TaskType) => TaskType
  /** Resolves when nothing can go on without time passing. */
  readonly settled: () => Promise<void>
  /** Handlers that have not answered. */
  readonly count: () => number
}

/** How often one looks whether a handler has answered. Counted in looks, patience grows with the load of the machine. */
const LOOK_MS = 10

/**
 * A handler may wait for the world outside (a request to a fake, say), which knows nothing of virtual time: time must not
 * run away from it. Or it waits for its signal, which only time can fire: time must go on. Nobody can tell the one from the
 * other, so time stands still for a while, and then goes on. When its signal fires, a handler gets as long again.
 */
export const patienceOf = (patienceMs: DurationMs): Patience => {
  const looks = Math.ceil(patienceMs / LOOK_MS)
  const running = new Set<{ looksLeft: number }>()
  let news = Promise.withResolvers<void>()

  const watched = (type: TaskType): TaskType => ({
    ...type,
    run: async (context) => {
      const one = { looksLeft: looks }
      const again = () => {
        one.looksLeft = looks
      }
      running.add(one)
      context.signal.addEventListener('abort', again)
      try {
        return await type.run(beating(context))
      } finally {
        context.signal.removeEventListener('abort', again)
        running.delete(one)
        news.resolve()
        news = Promise.withResolvers()
      }
    },
  })

  const settled = async (): Promise<void> => {
    await drained()
    for (let awaited = patient(); awaited.length > 0; awaited = patient()) {
      const answered = await within(LOOK_MS, news.promise)
      if (!answered) for (const one of awaited) one.looksLeft--
      await drained()
    }
  }
  const patient = () => [...running].filter(({ looksLeft }) => looksLeft > 0)

  return { watched, settled, count: () => running.size }
}

/** Nothing here takes real time, so a handler that beats in a loop would let nobody else have a turn. */
const beating = (context: Context<unknown>): Context<unknown> => ({
  ...context,
  heartbeat: async (...progress) => {
    await drained()
    await context.heartbeat(...progress)
  },
})

/** Did it resolve within this much real time? */
const within = (ms: DurationMs, promise: Promise<void>): Promise<boolean> =>
  new Promise((resolve) => {
    const timeout = setTimeout(() => resolve(false), ms)
    void promise.then(() => {
      clearTimeout(timeout)
      resolve(true)
    })
  })
