import { expect, test } from 'vitest'
import type { AcquireGate } from '../../../core/gate/command.ts'
import { gateKey } from '../../../core/gate/row.ts'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { apply } from '../../../engine/apply.ts'
import { applyToGate, backOff, type GateWriter } from '../../../engine/gate/commit.ts'
import { sleepOn, virtualClock } from '../../../worlds/memory/clock.ts'
import { memoryStore } from '../../../worlds/memory/store.ts'
import { NOON } from '../../core/task/rows.ts'
import { engineWorld } from '../world.ts'

const REF = 'acme/key.erp'
const acquire = (task: string, limit: number, at = NOON): AcquireGate => ({
  name: 'acquire',
  at,
  by: 'system:test',
  task: `acme/${task}`,
  epoch: 1,
  until: at + 60_000,
  limits: { limit },
  revision: 0,
})
const names = (count: number) => Array.from({ length: count }, (_, n) => `t${n}`)

/** Processes with virtual time and one store, whose calls take some milliseconds, as those to DynamoDB do. */
const processes = () => {
  const clock = virtualClock(NOON)
  const store = memoryStore(':memory:')
  const counts = { puts: 0 }
  const open = (): GateWriter => {
    const soon = <Answer>(act: () => Promise<Answer>) => sleepOn(clock, 5).then(act)
    const get: typeof store.get = (key) => soon(() => store.get(key))
    const put: typeof store.put = (row, expected) => {
      counts.puts++
      return soon(() => store.put(row, expected))
    }
    return { ...engineWorld(), store: { get, put }, clock: { now: clock.now, sleep: (ms) => sleepOn(clock, ms) } }
  }
  const run = async (work: readonly Promise<unknown>[]) => {
    let isOver = false
    const all = Promise.allSettled(work).finally(() => {
      isOver = true
    })
    await clock.run(() => isOver)
    return all
  }
  return { open, run, clock, counts, store }
}

test('a hundred changes of one process to one gate lose no race, so each is one write', async () => {
  const { open, run, counts, store } = processes()
  const world = open()
  await run(names(100).map((name) => applyToGate(world, REF, name, () => acquire(name, 100))))
  expect(counts.puts).toBe(100)
  expect((await store.get(gateKey(REF)))?.holders).toHaveLength(100)
})

test('a change of a full gate is refused without a write, also while others wait for their turn', async () => {
  const { open, run, counts } = processes()
  const world = open()
  await run(names(3).map((name) => applyToGate(world, REF, name, () => acquire(name, 3))))
  const answers = await run(names(50).map((name) => applyToGate(world, REF, name, () => acquire(`late-${name}`, 3))))
  expect(answers.every((it) => it.status === 'fulfilled' && isRefusal(it.value) && it.value.refused === 'busy')).toBe(true)
  expect(counts.puts).toBe(3)
})

test('forty processes that race for one gate all write, with waits', async () => {
  const { open, run, counts, store } = processes()
  const answers = await run(names(40).map((name) => applyToGate(open(), REF, name, () => acquire(name, 100))))
  expect(answers.filter(({ status }) => status === 'rejected')).toEqual([])
  expect((await store.get(gateKey(REF)))?.holders).toHaveLength(40)
  expect(counts.puts).toBeLessThan(40 * 8)
})

test('without waits, some of them lose every race', async () => {
  const { open, run, counts } = processes()
  const answers = await run(names(40).map((name) => apply(open(), gateKey(REF), () => acquire(name, 100))))
  expect(answers.some(({ status }) => status === 'rejected')).toBe(true)
  expect(counts.puts).toBeGreaterThan(40 * 8)
})

test('a change that fails does not stop those behind it', async () => {
  const world = engineWorld()
  let isFirst = true
  const put: typeof world.store.put = async (row, expected) => {
    if (!isFirst) return world.store.put(row, expected)
    isFirst = false
    throw new Error('throttled')
  }
  const failing = { ...world, store: { ...world.store, put } }
  const [first, second] = await Promise.allSettled(
    ['a', 'b'].map((name) => applyToGate(failing, REF, name, () => acquire(name, 2))),
  )
  expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled'])
})

test('the waits of one change grow, differ by their name, and are 2.3 s together at most', async () => {
  const waits: Record<string, number[]> = { a: [], b: [] }
  for (const [name, of] of Object.entries(waits)) {
    const clock = { now: () => NOON, sleep: async (ms: number) => void of.push(ms) }
    for (let lost = 1; lost <= LIMITS.applyCount; lost++)
      expect(await backOff({ ...engineWorld(), clock }, name, lost)).toBe(lost > LIMITS.gateLostAtOnceCount)
  }
  const { a = [], b = [] } = waits
  expect(a).not.toEqual(b)
  expect(a).toHaveLength(LIMITS.applyCount - LIMITS.gateLostAtOnceCount)
  expect(Math.max(...a, ...b)).toBeLessThanOrEqual(LIMITS.gateBackOffMostMs)
  expect(a.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(2_300)
})
