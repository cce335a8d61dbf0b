import * as z from 'zod'
import { defineTask, type TaskDefinition, type TaskType } from '../../../core/define.ts'
import { parseDuration } from '../../../core/duration.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { nudgeOf } from '../../../core/row/nudge.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import type { App } from '../../../engine/app.ts'
import { claim } from '../../../engine/execute/claim.ts'
import { tenantClient } from '../../../testing/tenant-client.ts'
import { runLocal } from '../../../worlds/local/run.ts'
import { sleepOn, virtualClock } from '../../../worlds/memory/clock.ts'
import { NOON } from '../../core/task/rows.ts'
import { appOf } from '../world.ts'

/** One run of a handler: its start and its end, in seconds since noon. */
export type HandlerRun = { readonly name: string; readonly from: number; to?: number }

const input = z.object({ name: z.string(), seconds: z.number().default(10), room: z.string().optional() })
type Work = TaskDefinition<typeof input>

const quiet = { info: () => {}, warn: () => {}, error: () => {} }

/**
 * The local world on virtual time, with tasks that only sleep for some seconds. Relay, lanes, control lane and gates are the
 * real ones; there are no faults unless the test causes them.
 *
 * @param types task types besides `work`, by name
 * @param file the file of the rows, for a test that restarts
 */
export const gateHarness = async (
  types: Readonly<Record<string, Partial<Work>>> = {},
  more: Partial<App> = {},
  file = ':memory:',
) => {
  const clock = virtualClock(NOON)
  const runs: HandlerRun[] = []
  const typeOf = (name: string, definition: Partial<Work>): TaskType =>
    defineTask(name, {
      input,
      run: async ({ input: { name, seconds }, signal }) => {
        const run: HandlerRun = { name, from: (clock.now() - NOON) / 1_000 }
        runs.push(run)
        await sleepOn(clock, seconds * 1_000, signal)
        run.to = (clock.now() - NOON) / 1_000
        signal.throwIfAborted()
      },
      ...definition,
    })
  const all = Object.entries({ work: {}, ...types }).map(([name, definition]) => typeOf(name, definition))
  const app: App = { ...appOf(...all), ...more }
  let ids = 0
  const { world, stop } = await runLocal(app, file, quiet, {
    ticker: { ...clock, stop: () => {} },
    clock: { now: clock.now, sleep: (ms, signal) => sleepOn(clock, ms, signal) },
    ids: { next: () => String(++ids).padStart(26, '0') },
    deferCommit: queueMicrotask,
  })
  const as = (tenant: string) => {
    const client = tenantClient(world, app, tenant)
    return {
      ...client,
      /** Creates a task that is due now and runs for so many seconds; returns its id. */
      addTask: (name: string, seconds = 10, { type = 'work', ...options }: Options = {}) =>
        client.create(type, { name, seconds }, options),
      explain: async (id: string) => (await client.request('GET', `/v1/tasks/${id}/explain`)).body as Explained,
      /** Pauses, resumes or limits a scope. */
      control: async (scope: string, verb: 'pause' | 'resume' | 'limit', body: object = {}) =>
        (await client.request('POST', `/v1/controls/${scope}/${verb}`, body)).body as Readonly<Record<string, unknown>>,
    }
  }
  const advanceTo = async (at: number): Promise<void> => {
    const end = clock.at(at, () => {})
    await clock.run(() => (clock.next() ?? Number.POSITIVE_INFINITY) > at)
    end()
  }
  return {
    ...as('acme'),
    as,
    app,
    world,
    runs,
    /** In the order of their starts: `name@from`. */
    started: () => runs.map(({ name, from }) => `${name}@${from}`),
    /** The maximum number of simultaneous runs. */
    maxConcurrent: () =>
      Math.max(...runs.map(({ from }) => runs.filter((it) => it.from <= from && (it.to ?? from + 1) > from).length)),
    advance: (duration: string) => advanceTo(clock.now() + (parseDuration(duration) ?? 0)),
    row: async (id: string) => (await world.store.get({ kind: 'task', tenant: 'acme', id })) as TaskRow,
    /** A worker claims the task before its message arrives, and then dies. */
    loseWorker: async (id: string): Promise<void> => {
      const row = (await world.store.get({ kind: 'task', tenant: 'acme', id })) as TaskRow
      const claimed = await claim(world, app, nudgeOf(row, clock.now()))
      if (isRefusal(claimed) || claimed.state !== 'running') throw new Error(`task ${id} could not be claimed`)
    },
    stop: async () => {
      const stopped = stop(0)
      // Even a stop with a timeout of 0 ms waits on the virtual clock.
      await advanceTo(clock.now())
      await stopped
    },
  }
}

type Options = Readonly<Record<string, unknown>> & { readonly type?: string }

export type Explained = {
  readonly summary: string
  readonly reasons: readonly Readonly<Record<string, unknown>>[]
  readonly nextChangeAt?: string
}
