import * as z from 'zod'
import { handle } from '../../api/http/handle.ts'
import { defineTask } from '../../core/define.ts'
import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import { DEFAULT_LANES, type Lanes } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import type { App } from '../../engine/app.ts'
import { handleDeadLetter } from '../../engine/dead-letters.ts'
import { execute } from '../../engine/execute/execute.ts'
import { relay } from '../../engine/relay.ts'
import type { Timers, World } from '../../engine/world.ts'
import { sleepOn, virtualClock } from '../memory/clock.ts'
import { memoryQueue } from '../memory/queue.ts'
import { memoryStore } from '../memory/store.ts'
import { memoryTimers } from '../memory/timers.ts'

/** A deployment without faults for very many tasks: the real engine in virtual time. */
export type CrowdOptions = {
  /** The time at which every task is due. */
  readonly dueAt: Instant
  /** How long each task runs. */
  readonly runMs: DurationMs
  readonly lanes?: Lanes
  /** Sends without message groups, so the queue cannot separate tenants. */
  readonly unfair?: boolean
  /** Timers that fire in one second. @default no limit */
  readonly timersPerSecondCount?: number
  /** Replaces the timers, to show what another choice of their time would do. */
  readonly timers?: (timers: Timers) => Timers
}

/** When the first attempt of a task started. */
export type Start = { readonly tenant: string; readonly at: Instant }

/** The tasks of each tenant that are created, in this order. */
export type CrowdTasks = readonly { readonly tenant: string; readonly count: number }[]

/** The time at which a crowd is created. */
export const CROWD_START = Date.UTC(2026, 0, 5, 9)

/** Creates all tasks through the API, and runs until they have ended. Returns their starts. */
export const runCrowd = async (options: CrowdOptions, tasks: CrowdTasks): Promise<readonly Start[]> => {
  const { dueAt, runMs, lanes = DEFAULT_LANES, timers = (it: Timers) => it } = options
  const total = tasks.reduce((sum, { count }) => sum + count, 0)
  const clock = virtualClock(CROWD_START)
  const store = memoryStore(':memory:')
  const starts: Start[] = []
  const run = async ({ task }: { readonly task: { readonly tenant: string } }) => {
    starts.push({ tenant: task.tenant, at: clock.now() })
    await sleepOn(clock, runMs)
  }
  const app: App = {
    types: new Map([['drop', defineTask('drop', { input: z.unknown(), run })]]),
    lanes,
    retentionMs: LIMITS.retentionMs,
    environmentId: 'crowd',
  }
  let ids = 0
  const queue = memoryQueue({
    lanes,
    ticker: clock,
    deliver: async (_, messages) => {
      const results = await Promise.all(messages.map(async (message) => ({ message, ...(await execute(world, app, message)) })))
      return results.flatMap(({ message, delivery }) => (delivery === 'return' ? [message.id] : []))
    },
    handleDeadLetter: async (deadLetter) => void (await handleDeadLetter(world, app, deadLetter)),
    ...(options.unfair ? { faults: { unfair: true } } : {}),
  })
  const rate = options.timersPerSecondCount === undefined ? {} : { ratePerSecondCount: options.timersPerSecondCount }
  const world: World = {
    store,
    queue,
    timers: timers(memoryTimers({ ticker: clock, send: queue.send, ...rate })),
    bus: { publish: async () => {} },
    clock: { now: clock.now, sleep: (ms, signal) => sleepOn(clock, ms, signal) },
    ids: { next: () => (++ids).toString(36).padStart(26, '0') },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    meter: { add: () => {} },
  }
  try {
    store.follow({ deliver: (change) => relay(world, change), ticker: clock, onDead: async () => {} })
    for (const { tenant, count } of tasks) await createAll(world, app, dueAt, tenant, count)
    await clock.run(() => starts.length >= total && store.backlog().openCount === 0)
    return starts
  } finally {
    store.close()
  }
}

/** Creates the tasks of a tenant in batches, through the API. */
const createAll = async (world: World, app: App, dueAt: Instant, tenant: string, count: number): Promise<void> => {
  const task = { type: 'drop', input: null, notBefore: new Date(dueAt).toISOString() }
  for (let left = count; left > 0; left -= LIMITS.batchCount) {
    const tasks = Array.from({ length: Math.min(left, LIMITS.batchCount) }, () => task)
    const request = { method: 'POST', path: '/v1/tasks/batch', query: {}, headers: { 'content-type': 'application/json' } }
    const { status, body } = await handle(
      world,
      app,
      { tenant, scopes: ['carillon/write'], by: 'user:crowd' },
      { ...request, body: JSON.stringify({ tasks }) },
    )
    if (status !== 200) throw new Error(`a batch of ${tasks.length} tasks of ${tenant} answered ${status}: ${body}`)
  }
}
