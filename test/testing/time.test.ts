import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineTask, type Json } from '../../core/define.ts'
import { testWorld } from '../../testing/index.ts'
import { anything, at, echo, given, MINUTE, START } from './given.ts'

describe('time', () => {
  test('does not pass by itself: a due task runs only in drain or advance', async () => {
    const world = await given([echo])
    const id = await world.create(echo, 'hi')
    expect(await world.get(id)).toMatchObject({ state: 'scheduled', attempt: 0 })
    await world.drain()
    expect(await world.get(id)).toMatchObject({ state: 'succeeded', output: 'hi', finishedAt: at(0) })
    expect(world.now()).toBe(START)
  })

  test('begins at the option start, and advance moves it by exactly its duration', async () => {
    const world = await given([echo], { start: '2030-01-01T00:00:00+01:00' })
    await world.advance('36h')
    await world.advance(1)
    expect(world.now()).toBe(Date.UTC(2030, 0, 2, 11) + 1)
  })

  test('runs what becomes due in order and exactly at its time', async () => {
    const started: string[] = []
    const record = defineTask('note', { input: z.string(), run: ({ input }) => void started.push(input) })
    const world = await given([record])
    for (const [name, delay] of [
      ['near', '1500ms'],
      ['far', '3d'],
      ['nearer', '1ms'],
    ] as const)
      await world.create(record, name, { delay })
    await world.advance('1499ms')
    expect(started).toEqual(['nearer'])
    await world.advance('3d')
    expect(started).toEqual(['nearer', 'near', 'far'])
    const starts = (await world.tasks()).map((task) => task.startedAt)
    expect(starts).toEqual([at(3 * 24 * 60 * MINUTE), at(1_500), at(1)])
  })

  test('refuses a second advance while the first runs', async () => {
    const world = await given([echo])
    const first = world.advance('1h')
    await expect(world.advance('1h')).rejects.toThrow('time is already passing')
    await first
    expect(world.now()).toBe(START + 60 * MINUTE)
  })

  test.each([
    ['1 hour', 'such as "90s"'],
    [-1, 'milliseconds'],
    [Number.NaN, 'milliseconds'],
  ])('refuses the duration %j', async (delay, right) => {
    const world = await given([echo])
    expect(() => world.advance(delay)).toThrow(right)
  })

  test('refuses a start that is not a time', async () => {
    await expect(testWorld({ types: [], start: 'Monday' })).rejects.toThrow('"Monday" is not a time')
  })
})

describe('a handler that waits for real work', () => {
  const fetching = (url: string) =>
    defineTask('fetching', { input: anything, timeout: '5s', run: async () => (await fetch(url)).json() as Promise<Json> })

  test('returns without virtual time passing', async () => {
    const server = createServer((_, response) => response.end('{"real":true}')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const world = await given([fetching(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)])
      const id = await world.create('fetching', {})
      await world.advance('1d')
      expect(await world.get(id)).toMatchObject({ state: 'succeeded', output: { real: true }, finishedAt: at(0) })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('that waits for its signal: time passes after idleAfter, up to the timeout', async () => {
    const hanging = defineTask('hanging', {
      input: anything,
      timeout: '5s',
      retry: { policy: 'none' },
      run: ({ signal }) => once(signal, 'abort').then(() => 'too late'),
    })
    const world = await given([hanging], { idleAfter: '20ms' })
    const id = await world.create(hanging, {})
    await world.expectTask(id).toFail({ code: 'Timeout' })
    expect(await world.get(id)).toMatchObject({ finishedAt: at(5_000) })
  })

  test('gets the cancel request through a heartbeat', async () => {
    const beating = defineTask('beating', {
      input: anything,
      run: async ({ heartbeat, signal }) => {
        while (!signal.aborted) await heartbeat()
        throw new Error('stopped')
      },
    })
    const world = await given([beating], { idleAfter: '20ms' })
    const id = await world.create(beating, {})
    await world.expectTask(id).toBe('running')
    expect(await world.command(id, 'cancel')).toMatchObject({ cancelRequested: true })
    await world.expectTask(id).toBe('cancelled')
  })

  test('gets idleAfter again when its signal fires, for its clean-up', async () => {
    const cleaning = defineTask('cleaning', {
      input: anything,
      run: async ({ signal, log }) => {
        await once(signal, 'abort')
        await setImmediate()
        log.info('cleaned up')
        throw signal.reason
      },
    })
    const world = await given([cleaning], { idleAfter: '20ms' })
    const id = await world.create(cleaning, {})
    await world.expectTask(id).toBe('running')
    await world.command(id, 'cancel')
    const { finishedAt, history } = await world.expectTask(id).toBe('cancelled')
    expect(world.logs().find(({ message }) => message === 'cleaned up')).toMatchObject({ at: finishedAt })
    expect(history.at(-1)).toMatchObject({ state: 'cancelled', reason: 'cancelled while running' })
  })
})
