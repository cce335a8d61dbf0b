import { LIMITS } from '../../../core/limits.ts'
import { engine } from '../../../worlds/sim/engine.ts'
import { executing, type Mutant } from './mutant.ts'

/** Rules of interruptions: of a stop, and of a result that the store refuses. */
export const interruptions: readonly Mutant[] = [
  {
    name: 'an executor that gives up a result after the first fault',
    law: 'results',
    engine: {
      execute: (world, app, message) => {
        let isGivenUp = false
        const put: typeof world.store.put = async (row, expected) => {
          try {
            return await world.store.put(row, expected)
          } catch (fault) {
            isGivenUp ||= row.kind === 'task' && row.attempt > 0 && row.state !== 'running'
            throw fault
          }
        }
        // After the fault no wait seems to end before the end of the function.
        const now = () => world.clock.now() + (isGivenUp ? LIMITS.functionTimeoutMs : 0)
        const send: typeof world.queue.send = (nudge, delayMs) =>
          world.queue.send({ ...nudge, dueAt: Math.min(nudge.dueAt, world.clock.now() + delayMs) }, delayMs)
        return engine.execute(
          { ...world, store: { ...world.store, put }, clock: { ...world.clock, now }, queue: { send } },
          app,
          message,
        )
      },
    },
  },
  {
    name: 'an executor that does not tell that it could not store a result',
    law: 'results',
    seed: 71,
    engine: {
      execute: (world, app, message) => {
        const send: typeof world.queue.send = async (nudge, delayMs) => {
          if (nudge.unstored === undefined) return world.queue.send(nudge, delayMs)
          throw new Error('not told')
        }
        return engine.execute({ ...world, queue: { send } }, app, message)
      },
    },
  },
  {
    name: 'an executor that does not know of the stop of its process',
    law: 'stops',
    engine: { execute: (world, app, { stop: _, ...message }) => engine.execute(world, app, message) },
  },
  {
    name: 'interruptions that count as failed attempts',
    law: 'budgets',
    seed: 52,
    engine: executing(({ interruptions: _, ...row }) => row),
  },
]
