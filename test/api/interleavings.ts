import type { Store } from '../../engine/world.ts'

/** A call of an actor that waits, and the function that starts it. */
type Waiting = { readonly actor: number; readonly proceed: () => void }

/**
 * Runs several actors against one store, one call at a time, in an order that the test chooses: when each actor waits before a
 * call or has ended, one call starts. So a test can try every order of the calls.
 */
export const interleavingsOn = (store: Store) => {
  const waiting: Waiting[] = []
  let isOpen = true

  /** The store of one actor. */
  const storeOf = (actor: number): Store =>
    Object.fromEntries(
      Object.entries(store).map(([verb, act]) => [
        verb,
        async (...given: readonly unknown[]) => {
          if (!isOpen) await new Promise<void>((proceed) => waiting.push({ actor, proceed }))
          return (act as (...given: readonly unknown[]) => unknown)(...given)
        },
      ]),
    ) as unknown as Store

  /**
   * Runs the actors until they end. `choose` picks one of the waiting actors, in order of their numbers; undefined starts no
   * further call, which is a crash of all waiting actors.
   */
  const run = async (
    actors: readonly (() => Promise<unknown>)[],
    choose: (waiting: readonly number[]) => number | undefined,
    look: () => void = () => {},
  ): Promise<void> => {
    isOpen = false
    let runningCount = actors.length
    const ends = actors.map((act) => act().finally(() => runningCount--))
    while (runningCount > 0) {
      await allStopped()
      if (runningCount === 0) break
      look()
      waiting.sort((a, b) => a.actor - b.actor)
      const chosen = choose(waiting.map(({ actor }) => actor))
      const [next] = chosen === undefined ? [] : waiting.splice(chosen, 1)
      if (!next) {
        waiting.length = 0
        isOpen = true
        return
      }
      next.proceed()
    }
    isOpen = true
    await Promise.all(ends)
  }
  return { storeOf, run }
}

/** Waits until all actors wait or have ended: no call takes longer than the present microtasks. */
const allStopped = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Tries every order: runs once for each list of choices, depth first. Returns the number of orders. */
export const allOrders = async (once: (choose: (waiting: readonly number[]) => number) => Promise<void>): Promise<number> => {
  let path: { readonly chosen: number; readonly of: number }[] = []
  for (let count = 1; ; count++) {
    let depth = 0
    await once((waiting) => {
      const step = path[depth] ?? { chosen: 0, of: waiting.length }
      path[depth++] = step
      return step.chosen
    })
    path = path.slice(0, depth)
    while ((path.at(-1)?.chosen ?? 0) + 1 >= (path.at(-1)?.of ?? 0) && path.length > 0) path.pop()
    const last = path.pop()
    if (!last) return count
    path.push({ chosen: last.chosen + 1, of: last.of })
  }
}
