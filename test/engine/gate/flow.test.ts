import { describe, expect, test } from 'vitest'
import { gateHarness } from './gate-harness.ts'

const room = { gate: { key: 'room' } }

describe('a gate with one place', () => {
  test('runs one task at a time, in the order of arrival, and admits the next at once when one ends', async () => {
    const harness = await gateHarness()
    for (const name of ['a', 'b', 'c']) {
      await harness.addTask(name, 10, room)
      await harness.advance('1s')
    }
    await harness.advance('1m')
    expect(harness.started()).toEqual(['a@0', 'b@10', 'c@20'])
    await harness.stop()
  })

  test('keeps the second task blocked, without a wake-up, until the first has ended', async () => {
    const harness = await gateHarness()
    await harness.addTask('a', 10, room)
    await harness.advance('1s')
    const second = await harness.addTask('b', 10, room)
    await harness.advance('1s')
    expect(await harness.get(second)).toMatchObject({ state: 'scheduled', attempt: 0, blocked: { gate: 'key.room' } })
    expect((await harness.row(second)).dueAt).toBeUndefined()
    await harness.advance('10s')
    const running = await harness.get(second)
    expect(running).toMatchObject({ state: 'running', attempt: 1 })
    expect(running).not.toHaveProperty('blocked')
    await harness.stop()
  })

  test('exists separately for each key and each tenant', async () => {
    const harness = await gateHarness()
    await harness.addTask('a', 10, room)
    await harness.addTask('b', 10, { gate: { key: 'other' } })
    await harness.as('umbrella').addTask('c', 10, room)
    await harness.advance('1m')
    expect(harness.started().sort()).toEqual(['a@0', 'b@0', 'c@0'])
    await harness.stop()
  })

  test('gives a task a place only while it runs, not while it waits for a retry', async () => {
    const harness = await gateHarness({
      flaky: {
        retry: { policy: 'fixed', wait: '1m', attempts: 2 },
        run: async () => {
          throw new Error('not yet')
        },
      },
    })
    await harness.addTask('a', 0, { type: 'flaky', ...room })
    await harness.advance('1s')
    await harness.addTask('b', 10, room)
    await harness.advance('30s')
    expect(harness.started()).toEqual(['b@1'])
    await harness.stop()
  })
})

describe('a gate with more places', () => {
  test('never has more holders than its limit when many tasks are due at once', async () => {
    const harness = await gateHarness()
    for (let index = 0; index < 30; index++) await harness.addTask(`t${index}`, 7, { gate: { key: 'room', limit: 4 } })
    await harness.advance('5m')
    expect(harness.maxConcurrent()).toBe(4)
    expect(harness.runs.filter(({ to }) => to !== undefined)).toHaveLength(30)
    await harness.stop()
  })

  test('starts no more tasks in a period than its rate allows', async () => {
    const harness = await gateHarness()
    const gate = { key: 'calls', rate: { count: 3, per: '1m' } }
    for (let index = 0; index < 8; index++) await harness.addTask(`t${index}`, 1, { gate })
    await harness.advance('5m')
    const starts = harness.runs.map(({ from }) => from)
    expect(starts).toHaveLength(8)
    for (const from of starts) expect(starts.filter((start) => start > from - 60 && start <= from).length).toBeLessThanOrEqual(3)
    expect(Math.max(...starts)).toBeLessThan(130)
    await harness.stop()
  })
})

describe('waiting tasks are admitted', () => {
  test('by priority', async () => {
    const harness = await gateHarness()
    await harness.addTask('first', 10, room)
    await harness.advance('1s')
    for (const priority of ['low', 'normal', 'high']) await harness.addTask(priority, 10, { ...room, priority })
    await harness.advance('1m')
    expect(harness.started().map((text) => text.split('@')[0])).toEqual(['first', 'high', 'normal', 'low'])
    await harness.stop()
  })

  test('by age: a much later task waits behind an older one, whatever its priority', async () => {
    const harness = await gateHarness({ long: { lane: 'long' } })
    await harness.addTask('first', 800, { ...room, type: 'long' })
    await harness.advance('1s')
    await harness.addTask('old', 10, { ...room, priority: 'normal' })
    await harness.advance('11m')
    await harness.addTask('young', 10, { ...room, priority: 'high' })
    await harness.advance('10m')
    expect(harness.started().map((text) => text.split('@')[0])).toEqual(['first', 'old', 'young'])
    await harness.stop()
  })
})

describe('a task that finds its gate busy', () => {
  const busy = async (onBusy: string) => {
    const harness = await gateHarness()
    const first = await harness.addTask('a', 20, room)
    await harness.advance('1s')
    const second = await harness.addTask('b', 10, { gate: { key: 'room', onBusy } })
    await harness.advance('1s')
    return { harness, first, second }
  }

  test('is skipped with onBusy skip', async () => {
    const { harness, second } = await busy('skip')
    expect(await harness.get(second)).toMatchObject({ state: 'skipped', attempt: 0 })
    expect((await harness.explain(second)).reasons[0]).toMatchObject({ code: 'skipped' })
    await harness.stop()
  })
  test('fails with onBusy fail', async () => {
    const { harness, second } = await busy('fail')
    expect(await harness.get(second)).toMatchObject({ state: 'failed', error: { code: 'GateBusy' } })
    expect((await harness.explain(second)).reasons[0]).toMatchObject({ code: 'failed', cause: 'gateBusy' })
    await harness.stop()
  })
  test('waits in spite of onBusy skip when it has had an attempt already', async () => {
    let tries = 0
    const harness = await gateHarness({
      flaky: {
        retry: { policy: 'fixed', wait: '10s', attempts: 2 },
        run: async () => {
          if (++tries === 1) throw new Error('not yet')
        },
      },
    })
    const id = await harness.addTask('a', 0, { type: 'flaky', gate: { key: 'room', onBusy: 'skip' } })
    await harness.advance('1s')
    await harness.addTask('b', 30, room)
    await harness.advance('15s')
    expect(await harness.get(id)).toMatchObject({ state: 'scheduled', attempt: 1, blocked: { gate: 'key.room' } })
    await harness.advance('1m')
    expect(await harness.get(id)).toMatchObject({ state: 'succeeded', attempt: 2 })
    await harness.stop()
  })
  test('cancels the others with onBusy replace, and starts when they have ended', async () => {
    const { harness, first, second } = await busy('replace')
    await harness.advance('10s')
    expect(await harness.get(first)).toMatchObject({ state: 'cancelled' })
    expect((await harness.explain(first)).reasons[0]).toMatchObject({ code: 'cancelled', by: 'system:gate' })
    expect((await harness.get(second)).state).toBe('running')
    await harness.stop()
  })
})

describe('a place is free again', () => {
  test('after the crash of its holder, when the lease has ended', async () => {
    const harness = await gateHarness({ once: { retry: { policy: 'none', losses: 0 } } })
    const crashed = await harness.addTask('a', 10, { ...room, type: 'once' })
    await harness.loseWorker(crashed)
    await harness.addTask('b', 10, room)
    await harness.advance('1m')
    expect(harness.started()).toEqual([])
    await harness.advance('5m')
    expect(await harness.get(crashed)).toMatchObject({ state: 'failed', error: { code: 'WorkerLost' } })
    expect(harness.started()).toHaveLength(1)
    await harness.stop()
  })

  test('for the next task when a waiting task is cancelled', async () => {
    const harness = await gateHarness()
    await harness.addTask('a', 10, room)
    await harness.advance('1s')
    const cancelled = await harness.addTask('b', 10, room)
    await harness.addTask('c', 10, room)
    await harness.advance('1s')
    expect(await harness.command(cancelled, 'cancel')).toMatchObject({ state: 'cancelled' })
    await harness.advance('1m')
    expect(harness.started()).toEqual(['a@0', 'c@10'])
    await harness.stop()
  })

  test('for the next task when a waiting task expires at its deadline', async () => {
    const harness = await gateHarness()
    await harness.addTask('a', 30, room)
    await harness.advance('1s')
    const late = await harness.addTask('b', 10, { ...room, expiresAfter: '5s' })
    await harness.addTask('c', 10, room)
    await harness.advance('10s')
    expect((await harness.get(late)).state).toBe('expired')
    await harness.advance('1m')
    expect(harness.started()).toEqual(['a@0', 'c@30'])
    await harness.stop()
  })
})
