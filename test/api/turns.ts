import type { Store } from '../../engine/world.ts'

/** Who wants to do the next thing to the store, and how to let it happen. */
type Waiting = { readonly who: number; readonly go: () => void }

/**
 * Lets several actors run against one store, one call at a time, in an order that the test decides: whenever all of them
 * stand before a call (or are done), one is let through. So every order of their calls can be tried.
 */
export const turnsOn = (store: Store) => {
  const waiting: Waiting[] = []
  let isOpen = true

  /** The store as one actor sees it. */
  const seenBy = (who: number): Store =>
    Object.fromEntries(
      Object.entries(store).map(([verb, act]) => [
        verb,
        async (...given: readonly unknown[]) => {
          if (!isOpen) await new Promise<void>((go) => waiting.push({ who, go }))
          return (act as (...given: readonly unknown[]) => unknown)(...given)
        },
      ]),
    ) as unknown as Store

  /**
   * Runs the actors to their ends. `choose` picks among those who wait, in order of their numbers; undefined lets nobody
   * through any more, which is death for all who wait.
   */
  const run = async (
    actors: readonly (() => Promise<unknown>)[],
    choose: (waiting: readonly number[]) => number | undefined,
    look: () => void = () => {},
  ): Promise<void> => {
    isOpen = false
    let left = actors.length
    const ends = actors.map((act) => act().finally(() => left--))
    while (left > 0) {
      await quiet()
      if (left === 0) break
      look()
      waiting.sort((a, b) => a.who - b.who)
      const chosen = choose(waiting.map(({ who }) => who))
      const [turn] = chosen === undefined ? [] : waiting.splice(chosen, 1)
      if (!turn) {
        waiting.length = 0
        isOpen = true
        return
      }
      turn.go()
    }
    isOpen = true
    await Promise.all(ends)
  }
  return { seenBy, run }
}

/** Until everybody stands still: no call here takes longer than the present microtasks. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Tries every order: runs with each list of choices once, depth first, until all have been tried; answers how many there were. */
export const everyOrder = async (once: (choose: (waiting: readonly number[]) => number) => Promise<void>): Promise<number> => {
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
