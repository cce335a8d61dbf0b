import type { DurationMs } from '../../../core/duration.ts'
import type { Instant } from '../../../core/instant.ts'
import { DEFAULT_LANES } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { decideTask } from '../../../core/task/decide.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { openTenant } from '../../../engine/apply.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import type { Store, World } from '../../../engine/world.ts'
import { sleepOn, virtualClock } from '../../../worlds/memory/clock.ts'
import { memoryStore } from '../../../worlds/memory/store.ts'
import { create, NOON } from '../../core/task/rows.ts'

/** A steady load of near tasks, a few of which lose their message. All others are settled at once. */
export type Load = {
  readonly tenantsCount: number
  /** Tasks of each tenant. */
  readonly perSecondCount: number
  readonly forMs: DurationMs
  /** Every so many tasks one loses its message. */
  readonly lostEvery: number
}

export type LoadResult = {
  readonly tasksCount: number
  readonly lostCount: number
  /** How long after its time each lost task was woken; those that were not are missing. */
  readonly foundAfterMs: readonly DurationMs[]
  /** The largest lag that a sweep reported, and how long the longest sweep took. */
  readonly lagMs: DurationMs
  readonly sweepMs: DurationMs
  /** Requests that the sweep made, by verb, and the rows that it read and wrote. */
  readonly calls: Readonly<Record<string, number>>
  readonly rowsReadCount: number
}

/** A request of the sweep takes this long in virtual time: a query or a batch of DynamoDB takes 5 to 20 ms. */
const CALL_MS = 20
const MINUTE = 60_000

/**
 * Runs the real sweep, every five minutes in virtual time, beside the load. Time passes in its requests only, so a walk that is
 * bounded by time is bounded here too.
 */
export const runLoad = async ({ tenantsCount, perSecondCount, forMs, lostEvery }: Load): Promise<LoadResult> => {
  const clock = virtualClock(NOON)
  const store = memoryStore(':memory:')
  const calls: Record<string, number> = {}
  const lost = new Map<string, Instant>()
  const foundAfterMs: DurationMs[] = []
  let [tasksCount, lagMs, sweepMs, rowsReadCount] = [0, 0, 0, 0]

  const timed = Object.fromEntries(
    Object.entries(store).map(([verb, call]) => [
      verb,
      async (...args: unknown[]) => {
        calls[verb] = (calls[verb] ?? 0) + 1
        await sleepOn(clock, CALL_MS)
        const answer: unknown = await (call as (...all: unknown[]) => unknown)(...args)
        if (verb === 'getTasks') rowsReadCount += (answer as readonly unknown[]).length
        return answer
      },
    ]),
  ) as unknown as Store
  const world: World = {
    store: timed,
    queue: {
      send: async ({ id }) => {
        await sleepOn(clock, CALL_MS)
        const dueAt = lost.get(id)
        if (dueAt === undefined) return
        lost.delete(id)
        foundAfterMs.push(clock.now() - dueAt)
      },
      backlog: async () => 0,
    },
    timers: { arm: async () => {}, disarm: async () => {} },
    bus: { publish: async () => {} },
    clock: { now: clock.now, sleep: (ms, signal) => sleepOn(clock, ms, signal) },
    ids: { next: () => 'id' },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    meter: {
      add: (metric, value) => {
        if (metric === 'SweepLag') lagMs = Math.max(lagMs, value)
      },
    },
  }
  const app = { lanes: DEFAULT_LANES, retentionMs: LIMITS.retentionMs }
  const tenants = Array.from({ length: tenantsCount }, (_, index) => `tenant${index}`)
  for (const tenant of tenants) await openTenant({ ...world, store }, tenant, 'user:test', NOON + forMs)

  /** Creates the tasks of one minute; those that lose their message stay scheduled. */
  const createMinute = (): void => {
    const at = clock.now()
    if (at + MINUTE <= NOON + forMs) clock.at(at + MINUTE, createMinute)
    for (const tenant of tenants) {
      for (let index = 0; index < perSecondCount * 60; index++) {
        const id = `t${tasksCount++}`
        const notBefore = at + Math.floor((index * 1_000) / perSecondCount)
        const isLost = tasksCount % lostEvery === 0
        if (isLost) lost.set(id, notBefore)
        void store.put(rowOf(tenant, id, notBefore, isLost), 0)
      }
    }
  }
  let isSweeping = false
  const sweepNow = (): void => {
    const at = clock.now()
    if (at + LIMITS.sweepEveryMs <= NOON + forMs + 2 * LIMITS.sweepEveryMs) clock.at(at + LIMITS.sweepEveryMs, sweepNow)
    if (isSweeping) return
    isSweeping = true
    void sweep(world, app).finally(() => {
      isSweeping = false
      sweepMs = Math.max(sweepMs, clock.now() - at)
    })
  }
  try {
    clock.at(NOON, createMinute)
    clock.at(NOON + LIMITS.sweepEveryMs, sweepNow)
    await clock.run(() => false)
    const lostCount = Math.floor(tasksCount / lostEvery)
    return { tasksCount, lostCount, foundAfterMs, lagMs, sweepMs, calls, rowsReadCount }
  } finally {
    store.close()
  }
}

const rowOf = (tenant: string, id: string, notBefore: Instant, isLost: boolean): TaskRow => {
  const row = decideTask({ kind: 'task', tenant, id }, undefined, create({ at: notBefore, notBefore }))
  if (isRefusal(row)) throw new Error(row.message)
  if (isLost) return row
  const { dueAt: _, ...settled } = row
  return { ...settled, state: 'succeeded', version: 3, finishedAt: notBefore, forgetAt: notBefore + LIMITS.retentionMs }
}
