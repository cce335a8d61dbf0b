import type { TaskEvent } from '../../core/task/event.ts'
import type { Bus } from '../../engine/world.ts'

/** A bus that whoever wants may listen to. */
export type MemoryBus = Bus & {
  /** Hears every event from now on; answers how to stop. What a listener throws is uncaught: the publisher does not hear of it. */
  readonly listen: (listener: (event: TaskEvent) => void) => () => void
}

/** Makes a bus. */
export const memoryBus = (): MemoryBus => {
  const listeners = new Set<(event: TaskEvent) => void>()
  return {
    publish: async (events) => {
      for (const event of events)
        for (const listener of listeners) {
          // Out of the publisher's reach: what is thrown there must not make the relay publish again.
          queueMicrotask(() => listener(event))
        }
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
