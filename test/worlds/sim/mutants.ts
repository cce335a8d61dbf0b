import { LIMITS } from '../../../core/limits.ts'
import { decodeNudge } from '../../../core/row/nudge.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import type { Needs } from '../../../engine/needs.ts'
import { engine } from '../../../worlds/sim/engine.ts'
import { alwaysDue, executing, type Mutant, reading, readingKind, withoutDueAt, withStore } from './mutant.ts'

/** The rules of the house, each broken in its own way. */
export const mutants: readonly Mutant[] = [
  {
    rule: 'a store that writes although another version stands there',
    law: 'transitions',
    store: (store) => ({
      ...store,
      put: async (row, expected) => {
        const put = await store.put(row, expected)
        return put.written || !put.winner ? put : store.put(row, put.winner.version)
      },
    }),
  },
  {
    rule: 'a claim that ignores the lease',
    law: 'leases',
    engine: { execute: (world, app, message) => engine.execute(world, { ...app, sole: world.ids.next() }, message) },
  },
  {
    rule: 'a claim that ignores the epoch, and believes the message about the time',
    law: 'early',
    engine: {
      execute: async (world, app, message) => {
        const nudge = decodeNudge(message.body)
        const row =
          nudge && ((await world.store.get({ kind: 'task', tenant: nudge.tenant, id: nudge.id })) as TaskRow | undefined)
        if (!nudge || !row || nudge.dueAt > world.clock.now()) return engine.execute(world, app, message)
        return engine.execute(alwaysDue(world), app, { ...message, body: withoutDueAt(message.body, row.epoch) })
      },
    },
  },
  {
    rule: 'an executor that does not look whether it is early',
    law: 'early',
    engine: {
      execute: (world, app, message) =>
        engine.execute(alwaysDue(world), app, { ...message, body: withoutDueAt(message.body, undefined) }),
    },
  },
  {
    rule: 'a completion that speaks for whoever holds the claim',
    law: 'fencing',
    engine: {
      execute: (world, app, message) =>
        engine.execute(
          withStore(world, (store) => ({
            put: async (row, expected) => {
              const put = await store.put(row, expected)
              if (put.written || put.winner?.kind !== 'task' || put.winner.state !== 'running') return put
              if (row.kind !== 'task' || row.state === 'running') return put
              const version = put.winner.version + 1
              const epoch = row.epoch === row.version ? version : put.winner.epoch
              return store.put({ ...row, version, epoch }, put.winner.version)
            },
          })),
          app,
          message,
        ),
    },
  },
  {
    rule: 'an executor that runs its handler twice for one claim',
    law: 'runs',
    engine: {
      execute: (world, app, message) => {
        const types = [...app.types].map(([name, type]) => {
          const run: typeof type.run = (context) => {
            void Promise.resolve(type.run(context)).catch(() => {})
            return type.run(context)
          }
          return [name, { ...type, run }] as const
        })
        return engine.execute(world, { ...app, types: new Map(types) }, message)
      },
    },
  },
  {
    rule: 'attempts without a budget',
    law: 'budgets',
    engine: executing((row) => ({ ...row, retry: { policy: 'fixed', waitMs: 1_000, attempts: 100 } })),
  },
  {
    rule: 'attempts at any age',
    law: 'early',
    engine: executing(({ retry: { maxAgeMs: _, ...retry }, ...row }) => ({ ...row, retry })),
  },
  {
    rule: 'a list of retriable errors that nobody reads',
    law: 'budgets',
    engine: executing(({ retry: { retriable: _, ...retry }, ...row }) => ({ ...row, retry })),
  },
  {
    rule: 'lost workers that count as failed attempts',
    law: 'budgets',
    engine: executing((row) => ({ ...row, losses: 0 })),
  },
  {
    rule: 'a worker that does not hear that it is to be cancelled',
    law: 'transitions',
    engine: {
      execute: (world, app, message) =>
        engine.execute(
          withStore(world, (store) => ({
            put: async (row, expected) => {
              const put = await store.put(row, expected)
              if (put.written || put.winner?.kind !== 'task') return put
              const { cancelRequested: _, ...winner } = put.winner
              return { written: false, winner }
            },
          })),
          app,
          message,
        ),
    },
  },
  {
    rule: 'a sweep that does nothing while messages are lost',
    law: 'liveness',
    engine: { sweep: async () => ({ examined: 0, repaired: 0, faults: [] }) },
  },
  {
    rule: 'a relay that wakes nobody, and leaves it to the sweep',
    law: 'punctual',
    engine: {
      relay: (world, change) =>
        engine.relay(
          { ...world, queue: { send: async () => {} }, timers: { arm: async () => {}, disarm: world.timers.disarm } },
          change,
        ),
    },
  },
  {
    rule: 'a relay that forgets the failure task',
    law: 'failures',
    engine: {
      relay: (world, { before, after }) => {
        const { onFailure: _, ...rest } = (after ?? {}) as TaskRow
        return engine.relay(world, { ...(before ? { before } : {}), ...(after?.kind === 'task' ? { after: rest } : {}) })
      },
    },
  },
  {
    rule: 'events that nobody publishes',
    law: 'events',
    engine: { publish: async () => {} },
  },
  {
    rule: 'an API that does not know idempotency keys',
    law: 'creations',
    engine: {
      handle: (world, app, caller, { headers: { 'idempotency-key': _, ...headers }, ...request }) =>
        engine.handle(world, app, caller, { ...request, headers }),
    },
  },
  {
    rule: 'an executor that takes every gate for empty',
    law: 'gates',
    engine: {
      execute: (world, app, message) =>
        engine.execute(
          readingKind(world, 'gate', (row) => ({ ...row, holders: [] })),
          app,
          message,
        ),
    },
  },
  {
    rule: 'a gate that is turned only when the sweep insists',
    law: 'moving',
    engine: {
      control: async (world, app, message) => {
        const isFresh = world.clock.now() - (decodeNudge(message.body)?.dueAt ?? 0) < 60_000
        return isFresh ? { delivery: 'acknowledge' } : engine.control(world, app, message)
      },
    },
  },
  {
    rule: 'a gate that calls who came last',
    law: 'lines',
    engine: {
      control: (world, app, message) => {
        const entries: typeof world.store.entries = async (list, query) =>
          [...(await world.store.entries(list, { ...query, limit: 100 }))].reverse().slice(0, query.limit)
        return engine.control({ ...world, store: { ...world.store, entries } }, app, message)
      },
    },
  },
  {
    rule: 'an executor that knows of no pause',
    law: 'pauses',
    engine: {
      execute: (world, app, message) => {
        const unaware = readingKind(world, 'tenant', ({ controls: _, ...row }) => row)
        return engine.execute(unaware, app, message)
      },
    },
  },
  {
    rule: 'an executor that never looks whether its task is to be cancelled',
    law: 'cancels',
    engine: {
      execute: (world, app, message) => {
        const sleep: typeof world.clock.sleep = (ms, signal) =>
          ms === LIMITS.cancelLookMs ? new Promise(() => {}) : world.clock.sleep(ms, signal)
        return engine.execute({ ...world, clock: { ...world.clock, sleep } }, app, message)
      },
    },
  },
  {
    rule: 'an executor that takes every task for its own',
    law: 'homes',
    engine: {
      execute: (world, app, message) => {
        const ours = reading(world, (row) => ({ ...row, environmentId: app.environmentId }))
        return engine.execute(ours, app, message)
      },
    },
  },
  {
    rule: 'an API that overlooks what is to be unique',
    law: 'unique',
    engine: {
      handle: (world, app, caller, request) => {
        const { unique: _, debounce: __, ...rest } = request.body ? JSON.parse(request.body) : {}
        return engine.handle(world, app, caller, request.body ? { ...request, body: JSON.stringify(rest) } : request)
      },
    },
  },
  {
    rule: 'an operation that does not know whom it has told',
    law: 'operations',
    engine: {
      control: (world, app, message) => {
        const forgetful = reading(world as Needs<'execute'> & typeof world, ({ operation: _, ...row }) => ({
          ...row,
          history: [],
        }))
        return engine.control({ ...world, store: { ...world.store, get: forgetful.store.get } }, app, message)
      },
    },
  },
  {
    rule: 'a relay that loses a line of what an operation has told',
    law: 'operations',
    engine: {
      relay: (world, change, app) => {
        const putEntry: typeof world.store.putEntry = async (list, entry, forgetAt) => {
          if (list.list !== 'results' || !entry.at.endsWith('#0001')) await world.store.putEntry(list, entry, forgetAt)
        }
        return engine.relay({ ...world, store: { ...world.store, putEntry } }, change, app)
      },
    },
  },
  {
    rule: 'an executor that drops what it cannot read',
    law: 'quarantine',
    engine: {
      execute: async (world, app, message) =>
        decodeNudge(message.body) ? engine.execute(world, app, message) : { delivery: 'acknowledge' },
    },
  },
  {
    rule: 'an executor that is given half of a document',
    law: 'payloads',
    engine: {
      execute: (world, app, message) =>
        engine.execute(
          withStore(world, (store) => ({
            getDocument: async (...of) => (await store.getDocument(...of))?.replace('yy', 'y'),
          })),
          app,
          message,
        ),
    },
  },
  {
    rule: 'an API that answers what it must not',
    law: 'surprises',
    engine: {
      handle: async (world, app, caller, request) => {
        const response = await engine.handle(world, app, caller, request)
        return response.status === 201 ? { ...response, status: 500 } : response
      },
    },
  },
]
