import { LIMITS } from '../../../core/limits.ts'
import { decodeNudge } from '../../../core/row/nudge.ts'
import type { FailurePolicy, TaskRow } from '../../../core/task/row.ts'
import type { Needs } from '../../../engine/needs.ts'
import { engine } from '../../../worlds/sim/engine.ts'
import { answerMutants } from './answer-mutants.ts'
import { interruptions } from './interruption-mutants.ts'
import { alwaysDue, executing, executingWith, type Mutant, reading, readingKind, withoutDueAt } from './mutant.ts'
import { seriesMutants } from './series-mutants.ts'
import { sweepMutants } from './sweep-mutants.ts'

/** Rules of the engine, each broken by one mutant. */
export const mutants: readonly Mutant[] = [
  ...sweepMutants,
  ...answerMutants,
  ...interruptions,
  ...seriesMutants,
  {
    name: 'a store that ignores the expected version',
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
    name: 'a claim that ignores the lease',
    law: 'leases',
    engine: { execute: (world, app, message) => engine.execute(world, { ...app, sole: world.ids.next() }, message) },
  },
  {
    name: 'a claim that ignores the epoch and the due time of the row',
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
    name: 'an executor that does not check the due time',
    law: 'early',
    engine: {
      execute: (world, app, message) =>
        engine.execute(alwaysDue(world), app, { ...message, body: withoutDueAt(message.body, undefined) }),
    },
  },
  {
    name: 'a completion that ignores the owner of the claim',
    law: 'fencing',
    seed: 31,
    engine: executingWith((store) => ({
      put: async (row, expected) => {
        const put = await store.put(row, expected)
        if (put.written || put.winner?.kind !== 'task' || put.winner.state !== 'running') return put
        if (row.kind !== 'task' || row.state === 'running') return put
        const version = put.winner.version + 1
        const epoch = row.epoch === row.version ? version : put.winner.epoch
        return store.put({ ...row, version, epoch }, put.winner.version)
      },
    })),
  },
  {
    name: 'an executor that runs its handler twice for one claim',
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
    name: 'attempts without a budget',
    law: 'budgets',
    engine: executing((row) => ({ ...row, retry: { policy: 'fixed', waitMs: 1_000, attempts: 100 } })),
  },
  {
    name: 'attempts at any age',
    law: 'early',
    seed: 98,
    engine: executing(({ retry: { maxAgeMs: _, ...retry }, ...row }) => ({ ...row, retry })),
  },
  {
    name: 'an executor that ignores the list of retriable errors',
    law: 'budgets',
    engine: executing(({ retry: { retriable: _, ...retry }, ...row }) => ({ ...row, retry })),
  },
  {
    name: 'lost workers that count as failed attempts',
    law: 'budgets',
    seed: 21,
    engine: executing((row) => ({ ...row, losses: 0 })),
  },
  {
    name: 'a worker that ignores a cancel request',
    law: 'transitions',
    seed: 18,
    engine: executingWith((store) => ({
      put: async (row, expected) => {
        const put = await store.put(row, expected)
        if (put.written || put.winner?.kind !== 'task') return put
        const { cancelRequested: _, ...winner } = put.winner
        return { written: false, winner }
      },
    })),
  },
  {
    name: 'a relay that sends no wake-up',
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
    name: 'a relay that creates no failure task',
    law: 'failures',
    engine: {
      relay: (world, { before, after }) => {
        const { onFailure: _, ...rest } = (after ?? {}) as TaskRow
        return engine.relay(world, { ...(before ? { before } : {}), ...(after?.kind === 'task' ? { after: rest } : {}) })
      },
    },
  },
  {
    name: 'a relay that forgets the given input of a failure task',
    law: 'failures',
    engine: {
      relay: (world, { before, after }) => {
        const { onFailure, ...rest } = (after ?? {}) as TaskRow
        const { input: _, ...policy } = onFailure ?? {}
        const changed = after?.kind === 'task' && onFailure ? { ...rest, onFailure: policy as FailurePolicy } : after
        return engine.relay(world, { ...(before ? { before } : {}), ...(changed ? { after: changed } : {}) })
      },
    },
  },
  { name: 'a publisher that publishes nothing', law: 'events', engine: { publish: async () => {} } },
  {
    name: 'an API that ignores idempotency keys',
    law: 'creations',
    engine: {
      handle: (world, app, caller, { headers: { 'idempotency-key': _, ...headers }, ...request }) =>
        engine.handle(world, app, caller, { ...request, headers }),
    },
  },
  {
    // Without gates that have a rate: a task that was admitted there, and does not find its place, would be admitted for ever.
    name: 'an executor that reads every gate without a rate as empty',
    law: 'gates',
    engine: {
      execute: (world, app, message) =>
        engine.execute(
          readingKind(world, 'gate', (row) => (row.limits.rate ? row : { ...row, holders: [] })),
          app,
          message,
        ),
    },
  },
  {
    name: 'a control lane that dispatches gates only after a minute',
    law: 'dispatch',
    engine: {
      control: async (world, app, message) => {
        const isFresh = world.clock.now() - (decodeNudge(message.body)?.dueAt ?? 0) < 60_000
        return isFresh ? { delivery: 'acknowledge' } : engine.control(world, app, message)
      },
    },
  },
  {
    name: 'a dispatch that reads the waitlist backwards',
    law: 'waitlists',
    engine: {
      control: (world, app, message) => {
        const entries: typeof world.store.entries = async (list, query) =>
          [...(await world.store.entries(list, { ...query, limit: 100 }))].reverse().slice(0, query.limit)
        return engine.control({ ...world, store: { ...world.store, entries } }, app, message)
      },
    },
  },
  {
    name: 'an executor that ignores pauses',
    law: 'pauses',
    engine: {
      execute: (world, app, message) => {
        const withoutControls = readingKind(world, 'tenant', ({ controls: _, ...row }) => row)
        return engine.execute(withoutControls, app, message)
      },
    },
  },
  {
    name: 'an executor that does not read cancel requests',
    law: 'cancels',
    seed: 18,
    engine: {
      execute: (world, app, message) => {
        const sleep: typeof world.clock.sleep = (ms, signal) =>
          ms === LIMITS.cancelCheckMs ? new Promise(() => {}) : world.clock.sleep(ms, signal)
        return engine.execute({ ...world, clock: { ...world.clock, sleep } }, app, message)
      },
    },
  },
  {
    name: 'an executor that ignores the environment of a task',
    law: 'environments',
    engine: {
      execute: (world, app, message) => {
        const changed = reading(world, (row) => ({ ...row, environmentId: app.environmentId }))
        return engine.execute(changed, app, message)
      },
    },
  },
  {
    name: 'an API that ignores unique and debounce',
    law: 'unique',
    engine: {
      handle: (world, app, caller, request) => {
        const { unique: _, debounce: __, ...rest } = typeof request.body === 'string' ? JSON.parse(request.body) : {}
        return engine.handle(world, app, caller, request.body ? { ...request, body: JSON.stringify(rest) } : request)
      },
    },
  },
  {
    name: 'an operation that commands its tasks again after a lost worker',
    law: 'operations',
    seed: 19,
    engine: {
      control: (world, app, message) => {
        const withoutHistory = reading(world as Needs<'execute'> & typeof world, ({ operation: _, ...row }) => ({
          ...row,
          history: [],
        }))
        return engine.control({ ...world, store: { ...world.store, get: withoutHistory.store.get } }, app, message)
      },
    },
  },
  {
    name: 'a relay that drops one result of each page',
    law: 'operations',
    seed: 19,
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
    name: 'an executor that drops unreadable messages',
    law: 'quarantine',
    engine: {
      execute: async (world, app, message) =>
        decodeNudge(message.body) ? engine.execute(world, app, message) : { delivery: 'acknowledge' },
    },
  },
  { name: 'queues that give a message up after five receives', law: 'deaths', receiveCount: 5 },
  {
    name: 'a store that returns a damaged document',
    law: 'payloads',
    engine: executingWith((store) => ({
      getDocument: async (...of) => (await store.getDocument(...of))?.replace('yy', 'y'),
    })),
  },
  {
    name: 'an API that answers 500',
    law: 'answers',
    engine: {
      handle: async (world, app, caller, request) => {
        const response = await engine.handle(world, app, caller, request)
        return response.status === 201 ? { ...response, status: 500 } : response
      },
    },
  },
]
