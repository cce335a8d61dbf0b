import * as z from 'zod'
import { handle } from '../../api/http/handle.ts'
import { defineTask } from '../../core/define.ts'
import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import { DEFAULT_LANES } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import type { App } from '../../engine/app.ts'
import { handleDeadLetter } from '../../engine/dead-letters.ts'
import { execute } from '../../engine/execute/execute.ts'
import { relay } from '../../engine/relay.ts'
import type { World } from '../../engine/world.ts'
import { sleepOn, virtualClock } from '../memory/clock.ts'
import { memoryQueue } from '../memory/queue.ts'
import { memoryStore } from '../memory/store.ts'
import { memoryTimers } from '../memory/timers.ts'

/** One tenant with many tasks beside tenants with few, all on one lane and due at one instant. */
export type Flood = {
  /** Tasks of the flooding tenant. */
  readonly floodCount: number
  /** The other tenants, and the tasks of each. */
  readonly tenantsCount: number
  readonly tasksCount: number
  /** How long each task runs. */
  readonly runMs: DurationMs
  /** Sends without message groups, so the queue cannot separate tenants. */
  readonly unfair?: boolean
}

/** How many tasks started on each side, and how late the last one did. */
export type FloodResult = Readonly<Record<'flood' | 'others', { readonly startedCount: number; readonly lastLateMs: DurationMs }>>

/** The most that the others may be late: the few rounds in which they share the lane with the flood, with a margin. */
export const FLOOD_BOUND_MS = 5_000

/** One tenant with 100,000 tasks beside ten tenants with ten tasks each. */
export const FLOOD: Flood = { floodCount: 100_000, tenantsCount: 10, tasksCount: 10, runMs: 200 }

const START = Date.UTC(2026, 0, 5, 9)
/** Near enough that all tasks wait as delayed messages, and later than the last creation. */
const DUE = START + LIMITS.queueDelayMs

/**
 * Runs a flood without faults and measures when tasks start. The flood is created first, so a queue without groups delivers
 * it first.
 */
export const runFlood = async (flood: Flood): Promise<FloodResult> => {
  const total = flood.floodCount + flood.tenantsCount * flood.tasksCount
  const clock = virtualClock(START)
  const store = memoryStore(':memory:')
  const starts: { readonly tenant: string; readonly at: Instant }[] = []
  const run = async ({ task }: { readonly task: { readonly tenant: string } }) => {
    starts.push({ tenant: task.tenant, at: clock.now() })
    await sleepOn(clock, flood.runMs)
  }
  const app: App = {
    types: new Map([['drop', defineTask('drop', { input: z.unknown(), run })]]),
    lanes: DEFAULT_LANES,
    retentionMs: LIMITS.retentionMs,
    environmentId: 'flood',
  }
  let ids = 0
  const queue = memoryQueue({
    lanes: app.lanes,
    ticker: clock,
    deliver: async (_, messages) => {
      const results = await Promise.all(messages.map(async (message) => ({ message, ...(await execute(world, app, message)) })))
      return results.flatMap(({ message, delivery }) => (delivery === 'return' ? [message.id] : []))
    },
    handleDeadLetter: async (deadLetter) => void (await handleDeadLetter(world, app, deadLetter)),
    ...(flood.unfair ? { faults: { unfair: true } } : {}),
  })
  const world: World = {
    store,
    queue,
    timers: memoryTimers({ ticker: clock, send: queue.send }),
    bus: { publish: async () => {} },
    clock: { now: clock.now, sleep: (ms, signal) => sleepOn(clock, ms, signal) },
    ids: { next: () => (++ids).toString(36).padStart(26, '0') },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    meter: { add: () => {} },
  }
  try {
    store.follow({ deliver: (change) => relay(world, change), ticker: clock, onDead: async () => {} })
    await createAll(world, app, FLOODER, flood.floodCount)
    for (const tenant of othersOf(flood)) await createAll(world, app, tenant, flood.tasksCount)
    await clock.run(() => starts.length >= total && store.backlog().openCount === 0)
    const latenessOf = (isFlood: boolean) =>
      starts.filter(({ tenant }) => (tenant === FLOODER) === isFlood).map(({ at }) => at - DUE)
    const side = (lates: readonly number[]) => ({
      startedCount: lates.length,
      lastLateMs: lates.reduce((a, b) => Math.max(a, b), 0),
    })
    return { flood: side(latenessOf(true)), others: side(latenessOf(false)) }
  } finally {
    store.close()
  }
}

const FLOODER = 'flooder'

const othersOf = ({ tenantsCount }: Flood): readonly string[] => Array.from({ length: tenantsCount }, (_, at) => `small-${at}`)

/** Creates the tasks of a tenant in batches, through the API. */
const createAll = async (world: World, app: App, tenant: string, count: number): Promise<void> => {
  const task = { type: 'drop', input: null, notBefore: new Date(DUE).toISOString() }
  for (let left = count; left > 0; left -= LIMITS.batchCount) {
    const tasks = Array.from({ length: Math.min(left, LIMITS.batchCount) }, () => task)
    const request = { method: 'POST', path: '/v1/tasks/batch', query: {}, headers: { 'content-type': 'application/json' } }
    const { status, body } = await handle(
      world,
      app,
      { tenant, scopes: ['carillon/write'], by: 'user:flood' },
      { ...request, body: JSON.stringify({ tasks }) },
    )
    if (status !== 200) throw new Error(`a batch of ${tasks.length} tasks of ${tenant} answered ${status}: ${body}`)
  }
}
