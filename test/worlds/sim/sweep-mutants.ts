import { LIMITS } from '../../../core/limits.ts'
import { engine } from '../../../worlds/sim/engine.ts'
import { executingWith, type Mutant } from './mutant.ts'

/** Rules of the sweep, each broken by one mutant. */
export const sweepMutants: readonly Mutant[] = [
  {
    name: 'a sweep that repairs nothing',
    law: 'liveness',
    engine: { sweep: async () => ({ examined: 0, repaired: 0, faults: [] }) },
  },
  {
    name: 'a sweep that passes the agenda without looking',
    law: 'liveness',
    engine: {
      sweep: (world, app) => engine.sweep({ ...world, store: { ...world.store, getTasks: async () => [] } }, app),
    },
  },
  {
    name: 'a sweep that repairs only every twenty minutes',
    law: 'repairs',
    engine: {
      sweep: async (world, app) => {
        const isItsTurn = Math.floor(world.clock.now() / LIMITS.sweepEveryMs) % 4 === 0
        return isItsTurn ? engine.sweep(world, app) : { examined: 0, repaired: 0, faults: [] }
      },
    },
  },
  {
    name: 'a sweep that forgets the unsettled tasks that it has passed',
    law: 'liveness',
    engine: {
      sweep: (world, app) => {
        const put: typeof world.store.put = async (row, expected) =>
          row.kind === 'task' && row.watched ? { written: true } : world.store.put(row, expected)
        return engine.sweep({ ...world, store: { ...world.store, put } }, app)
      },
    },
  },
  {
    name: 'an API that does not keep the tenants of its tasks visited',
    law: 'liveness',
    store: (store) => ({
      ...store,
      put: async (row, expected) => {
        if (row.kind !== 'tenant') return store.put(row, expected)
        const { visitedUntil: _, ...rest } = row
        return store.put(rest, expected)
      },
    }),
  },
  {
    name: 'an executor that does not keep the tenant of a far task visited',
    law: 'visits',
    engine: executingWith((store) => ({
      put: async (row, expected) => (row.kind === 'tenant' ? { written: true } : store.put(row, expected)),
    })),
  },
  {
    name: 'a sweep that ends the visits of a tenant too early',
    law: 'visits',
    engine: {
      sweep: (world, app) => {
        const put: typeof world.store.put = async (row, expected) => {
          if (row.kind !== 'tenant') return world.store.put(row, expected)
          const { visitedUntil: _, ...rest } = row
          return world.store.put(rest, expected)
        }
        return engine.sweep({ ...world, store: { ...world.store, put } }, app)
      },
    },
  },
  {
    name: 'a sweep that sends nothing for refused timers',
    law: 'punctual',
    seed: 13,
    engine: {
      sweep: (world, app) => engine.sweep({ ...world, store: { ...world.store, entries: async () => [] } }, app),
    },
  },
]
