import type { EngineWorld } from '../world.ts'

/** Advances the time, one second at a time, until the promise is settled. */
export const untilDone = async <Answer>(world: EngineWorld, awaited: Promise<Answer>): Promise<Answer> => {
  let isOver = false
  const over = () => {
    isOver = true
  }
  awaited.then(over, over)
  while (!isOver) {
    world.advance(1_000)
    await settled()
  }
  return awaited
}

/** Lets all pending promises continue without advancing the time. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Resolves when the signal fires, with its reason. */
export const fired = (signal: AbortSignal): Promise<DOMException> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)))
