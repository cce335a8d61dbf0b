import { registryOf, type TaskType } from '../../core/define.ts'
import type { Row } from '../../core/kinds.ts'
import { DEFAULT_LANES } from '../../core/lanes.ts'
import { isRefusal } from '../../core/refusal.ts'
import { encodeNudge, type Nudge } from '../../core/row/nudge.ts'
import type { CreateTask } from '../../core/task/command.ts'
import type { TaskEvent } from '../../core/task/event.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../../engine/app.ts'
import { apply, openTenant } from '../../engine/apply.ts'
import type { Message } from '../../engine/message.ts'
import type { World } from '../../engine/world.ts'
import { memoryStore } from '../../worlds/memory/store.ts'
import { create, NOON } from '../core/task/rows.ts'

/** A world that the test drives: a memory store; all other parts record their calls. */
export type EngineWorld = World & {
  now: number
  readonly sent: { readonly nudge: Nudge; readonly delayMs: number }[]
  readonly timersByName: Map<string, { readonly at: number; readonly nudge: Nudge }>
  readonly published: TaskEvent[]
  readonly lines: { readonly level: string; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[]
  readonly metered: { readonly metric: string; readonly value: number }[]
  /** Advances the clock and resolves the sleeps that are over. */
  readonly advance: (ms: number) => void
}

export const engineWorld = (): EngineWorld => {
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()
  let ids = 0
  const line =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void world.lines.push({ level, message, fields })
  const world: EngineWorld = {
    now: NOON,
    sent: [],
    timersByName: new Map(),
    published: [],
    lines: [],
    metered: [],
    store: memoryStore(':memory:'),
    queue: {
      send: async (nudge, delayMs) => void world.sent.push({ nudge, delayMs }),
      backlog: async () => 0,
    },
    timers: {
      arm: async ({ name, at, nudge }) => void world.timersByName.set(name, { at, nudge }),
      disarm: async (name) => void world.timersByName.delete(name),
    },
    bus: { publish: async (events) => void world.published.push(...events) },
    clock: {
      now: () => world.now,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          const sleeper = { until: world.now + ms, wake: resolve }
          sleepers.add(sleeper)
          signal?.addEventListener('abort', () => resolve(), { once: true })
        }),
    },
    ids: { next: () => `id${String(++ids).padStart(4, '0')}` },
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    meter: { add: (metric, value) => void world.metered.push({ metric, value }) },
    advance: (ms) => {
      world.now += ms
      for (const sleeper of sleepers) {
        if (sleeper.until > world.now) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
  }
  return world
}

export const appOf = (...types: readonly TaskType[]): App => ({
  types: registryOf(types),
  lanes: DEFAULT_LANES,
  retentionMs: 86_400_000,
  environmentId: 'test',
})

/** Creates a task as the API does; returns its row. */
export const given = async (world: World, id: string, more: Partial<CreateTask> = {}): Promise<TaskRow> => {
  await openTenant(world, 'acme', 'user:test')
  const at = world.clock.now()
  const applied = await apply(world, keyOf(id), () => create({ at, notBefore: at, ...more }), 'none')
  if (isRefusal(applied)) throw new Error(applied.message)
  return applied.after
}

export const keyOf = (id: string) => ({ kind: 'task', tenant: 'acme', id }) as const

/** The message of a row's current wake-up. */
export const messageFor = (row: TaskRow, more: Partial<Nudge> = {}): Message => ({
  id: 'm1',
  body: encodeNudge({
    kind: 'task',
    tenant: row.tenant,
    id: row.id,
    epoch: row.epoch,
    lane: row.lane,
    dueAt: row.dueAt ?? 0,
    ...more,
  }),
  receiveCount: 1,
})

export const rowOf = async (world: World, id: string): Promise<TaskRow> => {
  const row: Row | undefined = await world.store.get(keyOf(id))
  if (row?.kind !== 'task') throw new Error(`there is no task ${id}`)
  return row
}
