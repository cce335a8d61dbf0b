import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { Context } from '../../../core/define.ts'
import { type ThreadPool, threadPool } from '../../../worlds/local/threads/pool.ts'
import { types } from './looping.ts'

const MODULE = new URL('looping.ts', import.meta.url).href
const silent = { info: () => {}, warn: () => {}, error: () => {} }

let pool: ThreadPool | undefined
afterEach(() => pool?.stop())

const call = (id: string, name: string, input: object = {}) => {
  const type = types.find((each) => each.name === name)
  if (!type || !pool) throw new Error(`no type ${name}`)
  const stop = new AbortController()
  const task = { id, tenant: 'acme', type: name, createdAt: 0, notBefore: 0, tags: [] }
  const rest = { input, task, attempt: 1, signal: stop.signal, log: silent, heartbeat: async () => {}, idempotencyKey: id }
  const context: Context<unknown> = rest
  return { context, end: pool.callHandler(type as never, context), stop }
}

test('the attempt beside a blocking one is held up, and is interrupted; the blocking one ends by its signal', async () => {
  pool = await threadPool(MODULE, silent)
  const neighbour = call('t1', 'neighbour', { forMs: 3_600_000 })
  const endless = call('t2', 'endless-until-cancelled')
  while (pool.heldUp(neighbour.context) === undefined) await pause(20)
  expect(pool.heldUp(neighbour.context)).toBe('the handler of task t2 blocks the thread that they share')
  expect(pool.heldUp(endless.context)).toBeUndefined()
  expect((await neighbour.end).result).toEqual({
    outcome: 'interrupted',
    reason: 'the handler of task t2 blocks the thread that they share',
    isExcused: true,
  })
  endless.stop.abort(new DOMException('the cancellation of task t2 was requested', 'AbortError'))
  expect((await endless.end).isThrown).toBe(true)
})

test('a module that cannot be imported in a thread is an error of the start', async () => {
  await expect(threadPool('data:text/javascript,throw new Error("no")', silent)).rejects.toThrow('no')
})
