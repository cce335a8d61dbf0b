import { describe, expect, test } from 'vitest'
import { hall } from './gate-harness.ts'

const room = { gate: { key: 'room' } }

describe('a gate with one place', () => {
  test('lets one in at a time, in the order of their coming, and calls the next the moment one leaves', async () => {
    const it = await hall()
    for (const name of ['a', 'b', 'c']) {
      await it.come(name, 10, room)
      await it.pass('1s')
    }
    await it.pass('1m')
    expect(it.started()).toEqual(['a@0', 'b@10', 'c@20'])
    await it.stop()
  })

  test('keeps the second one blocked, without a wake-up, until the first has ended', async () => {
    const it = await hall()
    await it.come('a', 10, room)
    await it.pass('1s')
    const second = await it.come('b', 10, room)
    await it.pass('1s')
    expect(await it.get(second)).toMatchObject({ state: 'scheduled', attempt: 0, blocked: { gate: 'key.room' } })
    expect((await it.row(second)).dueAt).toBeUndefined()
    await it.pass('10s')
    const running = await it.get(second)
    expect(running).toMatchObject({ state: 'running', attempt: 1 })
    expect(running).not.toHaveProperty('blocked')
    await it.stop()
  })

  test('is there for each key and each tenant of its own', async () => {
    const it = await hall()
    await it.come('a', 10, room)
    await it.come('b', 10, { gate: { key: 'other' } })
    await it.as('umbrella').come('c', 10, room)
    await it.pass('1m')
    expect(it.started().sort()).toEqual(['a@0', 'b@0', 'c@0'])
    await it.stop()
  })

  test('keeps the place of one that is tried again only while it runs', async () => {
    const it = await hall({
      flaky: {
        retry: { policy: 'fixed', wait: '1m', attempts: 2 },
        run: async () => {
          throw new Error('not yet')
        },
      },
    })
    await it.come('a', 0, { type: 'flaky', ...room })
    await it.pass('1s')
    await it.come('b', 10, room)
    await it.pass('30s')
    expect(it.started()).toEqual(['b@1'])
    await it.stop()
  })
})

describe('a gate with more places', () => {
  test('never has more inside than it says, however many come at once', async () => {
    const it = await hall()
    for (let index = 0; index < 30; index++) await it.come(`t${index}`, 7, { gate: { key: 'room', limit: 4 } })
    await it.pass('5m')
    expect(it.crowd()).toBe(4)
    expect(it.stays.filter(({ to }) => to !== undefined)).toHaveLength(30)
    await it.stop()
  })

  test('lets no more start in a period than its rate says', async () => {
    const it = await hall()
    const gate = { key: 'calls', rate: { count: 3, per: '1m' } }
    for (let index = 0; index < 8; index++) await it.come(`t${index}`, 1, { gate })
    await it.pass('5m')
    const starts = it.stays.map(({ from }) => from)
    expect(starts).toHaveLength(8)
    for (const from of starts) expect(starts.filter((start) => start > from - 60 && start <= from).length).toBeLessThanOrEqual(3)
    expect(Math.max(...starts)).toBeLessThan(130)
    await it.stop()
  })
})

describe('who waits at a gate is called', () => {
  test('by priority', async () => {
    const it = await hall()
    await it.come('first', 10, room)
    await it.pass('1s')
    for (const priority of ['low', 'normal', 'high']) await it.come(priority, 10, { ...room, priority })
    await it.pass('1m')
    expect(it.started().map((text) => text.split('@')[0])).toEqual(['first', 'high', 'normal', 'low'])
    await it.stop()
  })

  test('and by age: whoever comes long enough after a waiting one stands behind it, whatever its priority', async () => {
    const it = await hall({ long: { lane: 'long' } })
    await it.come('first', 800, { ...room, type: 'long' })
    await it.pass('1s')
    await it.come('old', 10, { ...room, priority: 'normal' })
    await it.pass('11m')
    await it.come('young', 10, { ...room, priority: 'high' })
    await it.pass('10m')
    expect(it.started().map((text) => text.split('@')[0])).toEqual(['first', 'old', 'young'])
    await it.stop()
  })
})

describe('a task that finds its gate busy', () => {
  const busy = async (onBusy: string) => {
    const it = await hall()
    const first = await it.come('a', 20, room)
    await it.pass('1s')
    const second = await it.come('b', 10, { gate: { key: 'room', onBusy } })
    await it.pass('1s')
    return { it, first, second }
  }

  test('is left out, if that is what it asked for', async () => {
    const { it, second } = await busy('skip')
    expect(await it.get(second)).toMatchObject({ state: 'skipped', attempt: 0 })
    expect((await it.explain(second)).reasons[0]).toMatchObject({ code: 'skipped' })
    await it.stop()
  })
  test('or fails', async () => {
    const { it, second } = await busy('fail')
    expect(await it.get(second)).toMatchObject({ state: 'failed', error: { code: 'GateBusy' } })
    expect((await it.explain(second)).reasons[0]).toMatchObject({ code: 'failed', cause: 'gateBusy' })
    await it.stop()
  })
  test('waits in spite of that when it has been begun, because it is tried again and not new', async () => {
    let tries = 0
    const it = await hall({
      flaky: {
        retry: { policy: 'fixed', wait: '10s', attempts: 2 },
        run: async () => {
          if (++tries === 1) throw new Error('not yet')
        },
      },
    })
    const id = await it.come('a', 0, { type: 'flaky', gate: { key: 'room', onBusy: 'skip' } })
    await it.pass('1s')
    await it.come('b', 30, room)
    await it.pass('15s')
    expect(await it.get(id)).toMatchObject({ state: 'scheduled', attempt: 1, blocked: { gate: 'key.room' } })
    await it.pass('1m')
    expect(await it.get(id)).toMatchObject({ state: 'succeeded', attempt: 2 })
    await it.stop()
  })
  test('or has the others cancelled, and comes in when they have obeyed', async () => {
    const { it, first, second } = await busy('replace')
    await it.pass('10s')
    expect(await it.get(first)).toMatchObject({ state: 'cancelled' })
    expect((await it.explain(first)).reasons[0]).toMatchObject({ code: 'cancelled', by: 'system:gate' })
    expect((await it.get(second)).state).toBe('running')
    await it.stop()
  })
})

describe('a place is free again', () => {
  test('when its holder has crashed and its claim has ended', async () => {
    const it = await hall({ once: { retry: { policy: 'none', losses: 0 } } })
    const crashed = await it.come('a', 10, { ...room, type: 'once' })
    await it.die(crashed)
    await it.come('b', 10, room)
    await it.pass('1m')
    expect(it.started()).toEqual([])
    await it.pass('5m')
    expect(await it.get(crashed)).toMatchObject({ state: 'failed', error: { code: 'WorkerLost' } })
    expect(it.started()).toHaveLength(1)
    await it.stop()
  })

  test('when one that waited is cancelled, which then is called no more', async () => {
    const it = await hall()
    await it.come('a', 10, room)
    await it.pass('1s')
    const gone = await it.come('b', 10, room)
    await it.come('c', 10, room)
    await it.pass('1s')
    expect(await it.command(gone, 'cancel')).toMatchObject({ state: 'cancelled' })
    await it.pass('1m')
    expect(it.started()).toEqual(['a@0', 'c@10'])
    await it.stop()
  })

  test('and one that waited past its deadline has expired, and never runs', async () => {
    const it = await hall()
    await it.come('a', 30, room)
    await it.pass('1s')
    const late = await it.come('b', 10, { ...room, expiresAfter: '5s' })
    await it.come('c', 10, room)
    await it.pass('10s')
    expect((await it.get(late)).state).toBe('expired')
    await it.pass('1m')
    expect(it.started()).toEqual(['a@0', 'c@30'])
    await it.stop()
  })
})
