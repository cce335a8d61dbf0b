import { expect, test } from 'vitest'
import { assumptions, broken, percentile, verdictTable } from '../../canary/assumptions.ts'
import type { Call, Time } from '../../canary/caller.ts'
import { CANARY_TENANT, runCanary } from '../../canary/run.ts'
import { type Facts, FULL, isInOrder } from '../../canary/scenarios.ts'
import { canaryTypes } from '../../canary/types.ts'
import { defineTask } from '../../core/define.ts'
import { type TestWorld, testWorld } from '../../testing/index.ts'
import { anything } from '../testing/given.ts'

/** Virtual time for several sleepers: it passes while all of them sleep. */
const virtualTime = (world: TestWorld): Time => {
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()
  let isPassing = false
  const pass = async () => {
    if (isPassing) return
    isPassing = true
    while (sleepers.size > 0) {
      await world.advance('1s')
      for (const sleeper of sleepers) {
        if (sleeper.until > world.now()) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    }
    isPassing = false
  }
  return {
    now: world.now,
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers.add({ until: world.now() + ms, wake })
        setImmediate(() => void pass())
      }),
  }
}

/** The canary's types on virtual time: their own clocks are real, so they report the time of the world. */
const typesOn = (now: () => number) => {
  const run = { ranAt: () => new Date(now()).toISOString() }
  return canaryTypes.map((type) =>
    type.name === 'canary.echo' || type.name === 'canary.failed'
      ? { ...type, run: ({ attempt }: { attempt: number }) => ({ ranAt: run.ranAt(), attempt }) }
      : type,
  )
}

const callOf = (world: TestWorld, tenant: string, asked: string[] = []): Call => {
  const client = world.as(tenant)
  return async (method, path, body, headers) => {
    asked.push(`${method} ${path}`)
    return client.request(method, path, body, headers)
  }
}

const say = () => {}

test('a run for its own tenant has all facts, every rule holds, and no task stays open', async () => {
  let now = () => 0
  await using world = await testWorld({ types: typesOn(() => now()) })
  now = world.now
  const call = callOf(world, CANARY_TENANT)
  const sizes = { ...FULL, nearCount: 3, herdCount: 25, occupyMs: 5, farMs: 17 * 60_000, withoutKill: true }
  const { facts, faults, tag } = await runCanary({ call, time: virtualTime(world), say }, sizes)
  expect(faults).toEqual([])
  expect(facts).toMatchObject({ tasksOfOneKey: 1, herd: { count: 25, repeatedCount: 0 }, farLateness: 0 })
  expect(facts.near).toEqual([0, 0, 0])
  expect(facts.mostAtGate).toBeLessThanOrEqual(2)
  expect(facts.isGateInOrder).toBe(true)
  await world.advance('1m')
  const { body } = await call('GET', `/v1/tasks?tag=${tag}&state=scheduled`)
  expect(body).toMatchObject({ items: [] })
})

test('a run for another tenant is refused before any write, and says which tenant it needs', async () => {
  await using world = await testWorld({ types: canaryTypes })
  const asked: string[] = []
  const call = callOf(world, 'acme', asked)
  await expect(runCanary({ call, time: virtualTime(world), say }, FULL)).rejects.toThrow(
    /belong to tenant "acme"; the canary writes only for the tenant carillon-canary/,
  )
  expect(asked).toEqual(['GET /v1/health'])
})

test('a deployment without its task types is refused before any write', async () => {
  await using world = await testWorld({ types: [defineTask('other', { input: anything, run: () => {} })] })
  const asked: string[] = []
  await expect(runCanary({ call: callOf(world, CANARY_TENANT, asked), time: virtualTime(world), say }, FULL)).rejects.toThrow(
    /canaryTypes/,
  )
  expect(asked.every((it) => it.startsWith('GET'))).toBe(true)
})

test('a failed scenario is told, the others are measured, and the run cleans up', async () => {
  await using world = await testWorld({ types: canaryTypes })
  const asked: string[] = []
  const inner = callOf(world, CANARY_TENANT, asked)
  const call: Call = (method, path, body, headers) =>
    (body as { type?: string } | undefined)?.type === undefined
      ? inner(method, path, body, headers)
      : Promise.resolve({ status: 503, body: { detail: 'down' } })
  const { facts, faults } = await runCanary({ call, time: virtualTime(world), say }, { ...FULL, withoutKill: true })
  expect(faults.some((fault) => fault.includes('answered 503'))).toBe(true)
  expect(facts.clockSkew).toBe(0)
  expect(asked.at(-1)).toBe('POST /v1/operations')
})

test('what was not measured is said, and breaks nothing; what is out of bounds is marked', () => {
  expect(verdictTable({}).match(/not measured/g)).toHaveLength(assumptions.length)
  expect(broken({})).toEqual([])
  const bad: Facts = {
    clockSkew: -9_000,
    near: [-1, 60_000],
    createToStart: [60_000],
    cold: [9_000],
    retryWait: 1_000,
    failureTaskAfter: 60_000,
    cancelAfter: 60_000,
    mostAtGate: 3,
    isGateInOrder: false,
    tasksOfOneKey: 2,
    killedAfter: 75_000,
    killedAttempts: 1,
    herd: { count: 9, lateness: [90_000], repeatedCount: 1 },
    farLateness: 60_000,
    writeUnitsPerTask: 9,
    throttledCount: 1,
    readUnitsPerTask: 13,
    messagesPerTask: 4,
    invocationsPerTask: 7,
    timersFired: 11,
  }
  expect(broken(bad)).toEqual(assumptions)
  expect(verdictTable(bad).match(/DOES NOT HOLD/g)).toHaveLength(assumptions.length)
})

test.each([
  [[1, 2, 3], [10, 20, 30], true],
  [[2, 1, 3], [20, 10, 30], true],
  [[1, 2, 3], [10, 30, 20], false],
])('tasks that joined at %j and were admitted at %j were in order: %j', (joined, admitted, expected) => {
  const at = (seconds: number | undefined) => new Date((seconds ?? 0) * 1_000).toISOString()
  const tasks = joined.map((second, index) => ({
    history: [
      { at: at(second), state: 'scheduled', command: 'block' },
      { at: at(admitted[index]), state: 'scheduled', command: 'admit' },
    ],
  }))
  expect(isInOrder([...tasks, { history: [] }])).toBe(expected)
})

test.each([
  [0.5, 2],
  [0.99, 4],
  [1, 4],
  [0, 1],
])('the percentile %d of 1 to 4 is %d', (fraction, value) => expect(percentile([4, 2, 1, 3], fraction)).toBe(value))
