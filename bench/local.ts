import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { defineTask, registryOf } from '../core/define.ts'
import type { GateSpec } from '../core/gate/requirements.ts'
import { DEFAULT_LANES, lane } from '../core/lanes.ts'
import { isRefusal } from '../core/refusal.ts'
import type { App } from '../engine/app.ts'
import { create, newIdentity } from '../engine/create/create.ts'
import { localIds } from '../worlds/local/clock.ts'
import { type Running, runLocal } from '../worlds/local/run.ts'
import { callIsolated } from '../worlds/node/attempts.ts'

const caller = { tenant: 'bench', scopes: ['carillon/admin'], by: 'user:bench' } as const
const silent = { info: () => {}, warn: () => {}, error: (message: string, fields?: object) => console.error(message, fields) }

/** A local world on its own file, with one task type that records its start. */
export type Bench = {
  readonly add: (notBefore?: number, gate?: GateSpec) => Promise<void>
  /** Resolves when this many tasks have succeeded. */
  readonly done: (count: number) => Promise<void>
  /** The delay of each start after the time of its task, in ms; negative for an early start. */
  readonly lateness: readonly number[]
  readonly end: () => Promise<void>
}

export const openBench = async (): Promise<Bench> => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'))
  const lateness: number[] = []
  const probe = defineTask('probe', {
    input: z.object({}),
    run: ({ task }) => void lateness.push(Date.now() - task.notBefore),
  })
  const app: App = {
    types: registryOf([probe]),
    // High limits: the benchmark measures the engine, not the default concurrency of a lane.
    lanes: { ...DEFAULT_LANES, normal: lane('normal', 60_000, { maxConcurrency: 1_000 }) },
    retentionMs: 86_400_000,
    environmentId: 'bench',
    callHandler: callIsolated,
    sole: localIds().next(),
  }
  const running: Running = await runLocal(app, join(folder, 'bench.db'), silent)
  const { world } = running
  const request = (notBefore?: number, gate?: GateSpec) => ({
    type: 'probe',
    input: {},
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(gate ? { gate } : {}),
  })
  return {
    lateness,
    add: async (notBefore, gate) => {
      const where = { world, app, caller }
      const created = await create(where, request(notBefore, gate), newIdentity(where))
      if (isRefusal(created)) throw new Error(created.message)
    },
    done: async (count) => {
      while (world.store.backlog().openCount > 0 || lateness.length < count) await world.clock.sleep(5)
    },
    end: async () => {
      await running.stop(1_000)
      rmSync(folder, { recursive: true })
    },
  }
}

/** The percentile of the values. @param fraction 0.99 for p99 */
export const percentile = (values: readonly number[], fraction: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * fraction) - 1)] ?? Number.NaN
}
