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

/** What a handler of these tests did: when it started and when it was done, in seconds since noon. */
export type Stay = { readonly name: string; readonly from: number; to?: number }

const input = z.object({ name: z.string(), seconds: z.number().default(10), room: z.string().optional() })
type Work = TaskDefinition<typeof input>

const quiet = { info: () => {}, warn: () => {}, error: () => {} }

/**
 * A whole Carillon on virtual time, whose tasks do nothing but stay for some seconds: relay, lanes, control lane and gates
 * are the real ones, and nothing goes wrong unless the test says so.
 *
 * @param types what else than `stay` can be done, by name
 * @param file where the rows are, for a test that starts again on what the last one has left
 */
export const hall = async (types: Readonly<Record<string, Partial<Work>>> = {}, more: Partial<App> = {}, file = ':memory:') => {
  const clock = virtualClock(NOON)
  const stays: Stay[] = []
  const typeOf = (name: string, definition: Partial<Work>): TaskType =>
    defineTask(name, {
      input,
      run: async ({ input: { name, seconds }, signal }) => {
        const stay: Stay = { name, from: (clock.now() - NOON) / 1_000 }
        stays.push(stay)
        await sleepOn(clock, seconds * 1_000, signal)
        stay.to = (clock.now() - NOON) / 1_000
        signal.throwIfAborted()
      },
      ...definition,
    })
  const all = Object.entries({ stay: {}, ...types }).map(([name, definition]) => typeOf(name, definition))
  const app: App = { ...appOf(...all), ...more }
  let ids = 0
  const { world, stop } = await runLocal(app, file, quiet, {
    ticker: { ...clock, stop: () => {} },
    clock: { now: clock.now, sleep: (ms, signal) => sleepOn(clock, ms, signal) },
    ids: { next: () => String(++ids).padStart(26, '0') },
    soon: queueMicrotask,
  })
  const as = (tenant: string) => {
    const doors = tenantClient(world, app, tenant)
    return {
      ...doors,
      /** Comes now, to stay for so many seconds; answers its id. */
      come: (name: string, seconds = 10, { type = 'stay', ...options }: Options = {}) =>
        doors.create(type, { name, seconds }, options),
      explain: async (id: string) => (await doors.request('GET', `/v1/tasks/${id}/explain`)).body as Explained,
      /** Says something of a scope. */
      say: async (scope: string, what: 'pause' | 'resume' | 'limit', body: object = {}) =>
        (await doors.request('POST', `/v1/controls/${scope}/${what}`, body)).body as Readonly<Record<string, unknown>>,
    }
  }
  const passUntil = async (at: number): Promise<void> => {
    const end = clock.at(at, () => {})
    await clock.run(() => (clock.next() ?? Number.POSITIVE_INFINITY) > at)
    end()
  }
  return {
    ...as('acme'),
    as,
    app,
    world,
    stays,
    /** In the order of their starts: `name@from`. */
    started: () => stays.map(({ name, from }) => `${name}@${from}`),
    /** How many stayed at once at the most. */
    crowd: () => Math.max(...stays.map(({ from }) => stays.filter((it) => it.from <= from && (it.to ?? from + 1) > from).length)),
    pass: (duration: string) => passUntil(clock.now() + (parseDuration(duration) ?? 0)),
    row: async (id: string) => (await world.store.get({ kind: 'task', tenant: 'acme', id })) as TaskRow,
    /** A worker takes the task up before its message comes, and is never heard of again. */
    die: async (id: string): Promise<void> => {
      const row = (await world.store.get({ kind: 'task', tenant: 'acme', id })) as TaskRow
      const held = await claim(world, app, nudgeOf(row, clock.now()))
      if (isRefusal(held) || held.state !== 'running') throw new Error(`task ${id} could not be taken up`)
    },
    stop: async () => {
      const stopped = stop(0)
      // To wait for handlers no longer than nought takes a moment of this world's own time.
      await passUntil(clock.now())
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
