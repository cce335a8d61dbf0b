import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TaskRow } from '../../../core/task/row.ts'
import { runLocal } from '../../../worlds/local/run.ts'
import { sleepOn, virtualClock } from '../../../worlds/memory/clock.ts'
import { memoryStore } from '../../../worlds/memory/store.ts'
import { aGate, aTask, NOON } from '../../contract/rows.ts'
import { appOf } from '../../engine/world.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-run-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** Runs the world on a file in virtual time. */
const runOn = async (file: string) => {
  const clock = virtualClock(NOON)
  const { world, stop } = await runLocal(appOf(), file, silent, {
    ticker: { ...clock, stop: () => {} },
    clock: { now: clock.now, sleep: (ms, signal) => sleepOn(clock, ms, signal) },
    ids: { next: () => 'id' },
    deferCommit: queueMicrotask,
  })
  const passes = (ms: number) => clock.run(() => (clock.next() ?? Number.POSITIVE_INFINITY) > NOON + ms)
  // The clock does not advance at the end, so `stop` must not wait for messages in flight.
  return { world, passes, stop: () => stop(0) }
}

test('after a restart, a gate is dispatched at its time', async () => {
  const file = join(folder, 'carillon.db')
  const before = memoryStore(file)
  const held = [{ task: 'acme/gone', epoch: 1, until: NOON }]
  const [due, far] = [
    aGate('acme', 'due', { dueAt: NOON - 1, waitlist: true, holders: held }),
    aGate('acme', 'far', { dueAt: NOON + 3_600_000, waitlist: true, holders: held }),
  ]
  for (const gate of [due, far]) await before.put(gate, 0)
  before.close()

  const { world, passes, stop } = await runOn(file)
  await passes(1_000)
  expect(await world.store.get(due)).toMatchObject({ holders: [] })
  expect(await world.store.get(far)).toEqual(far)
  await passes(3_601_000)
  expect(await world.store.get(far)).toMatchObject({ holders: [] })
  await stop()
})

test('a start deletes what has expired, also when no process lives long enough to sweep', async () => {
  const file = join(folder, 'carillon.db')
  const before = memoryStore(file)
  const [expired, kept] = (['expired', 'kept'] as const).map((id) =>
    aTask('acme', id, { state: 'succeeded', forgetAt: id === 'kept' ? NOON + 1 : NOON - 1 }),
  ) as [TaskRow, TaskRow]
  for (const task of [expired, kept]) await before.put(task, 0)
  before.close()

  const { world, passes, stop } = await runOn(file)
  await passes(0)
  expect(await world.store.get(expired)).toBeUndefined()
  expect(await world.store.get(kept)).toEqual(kept)
  await stop()
})
