import { expect, test } from 'vitest'
import { lane } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import type { DeadLetter, Message } from '../../../engine/message.ts'
import { memoryQueue, type QueueOptions } from '../../../worlds/memory/queue.ts'
import { manualTicker, repeatingRandom, START } from './manual-ticker.ts'

const nudge = (id: string, over: object = {}) => ({
  kind: 'task' as const,
  tenant: 't',
  id,
  epoch: 1,
  lane: 'normal',
  dueAt: START,
  ...over,
})
const normal = lane('normal', 60_000, { batchCount: 10 })

/** A queue that records its deliveries with the ids of their tasks, and answers them with `answer`. */
const setUp = (
  options: Partial<QueueOptions> = {},
  answer: (messages: readonly Message[]) => Promise<readonly string[]> = async () => [],
) => {
  const ticker = manualTicker()
  const batches: { at: number; ids: string[]; messages: readonly Message[] }[] = []
  const deadLetters: DeadLetter[] = []
  const queue = memoryQueue({
    lanes: { normal },
    ticker,
    deliver: (_, messages) => {
      const ids = messages.map(({ body }) => (body.startsWith('{') ? (JSON.parse(body) as { id: string }).id : body))
      batches.push({ at: ticker.now() - START, ids, messages })
      return answer(messages)
    },
    handleDeadLetter: async (deadLetter) => void deadLetters.push(deadLetter),
    ...options,
  })
  const times = () => batches.map(({ at }) => at)
  return { ticker, queue, batches, deadLetters, times }
}

const never = () => new Promise<never>(() => {})
const all = async (messages: readonly Message[]) => messages.map(({ id }) => id)

test('a message is delivered once, and deleted when it is not returned', async () => {
  const { ticker, queue, batches } = setUp()
  await queue.send(nudge('a'), 0)
  expect(queue.count()).toBe(1)
  await ticker.advance(100_000_000)
  expect(batches).toHaveLength(1)
  expect(batches[0]?.messages[0]).toMatchObject({ receiveCount: 1, body: JSON.stringify(nudge('a')) })
  expect(queue.count()).toBe(0)
})

test('a delay is rounded up to the second, never down', async () => {
  const { ticker, queue, batches } = setUp()
  await queue.send(nudge('a'), 1_001)
  await queue.send(nudge('b'), 2_000)
  await queue.send(nudge('c'), LIMITS.queueDelayMs)
  await ticker.advance(LIMITS.queueDelayMs)
  expect(batches.map(({ at, ids }) => [at, ids])).toEqual([
    [2_000, ['a', 'b']],
    [900_000, ['c']],
  ])
})

test('a finer granularity keeps finer delays', async () => {
  const { ticker, queue, times } = setUp({ granularityMs: 1 })
  await queue.send(nudge('a'), 1_001)
  await ticker.advance(5_000)
  expect(times()).toEqual([1_001])
})

test.each([-1, 900_001, Number.NaN, Number.POSITIVE_INFINITY])('a delay of %d ms is refused', async (delayMs) => {
  const { queue } = setUp()
  await expect(queue.send(nudge('a'), delayMs)).rejects.toThrow(/must be 0 to 900000 ms/)
})

test('an unknown lane is refused by name', async () => {
  const { queue } = setUp()
  await expect(queue.send(nudge('a', { lane: 'fast' }), 0)).rejects.toThrow('lane "fast" does not exist; the lanes are normal')
})

test('an empty message, or one larger than SQS accepts, is refused', () => {
  const { queue } = setUp()
  expect(() => queue.put('normal', '')).toThrow('0 bytes')
  expect(() => queue.put('normal', 'ü'.repeat(LIMITS.queueMessageBytes / 2 + 1))).toThrow('1048578 bytes')
  queue.put('normal', 'x'.repeat(LIMITS.queueMessageBytes))
})

test('a lane with unsafe bounds is refused', () => {
  expect(() => setUp({ lanes: { normal: { ...normal, leaseMs: 1 } } })).toThrow('must be below the lease')
})

test('messages are delivered in batches, and no more at once than the lane allows', async () => {
  const { ticker, queue, batches } = setUp({ lanes: { normal: { ...normal, maxConcurrency: 3, batchCount: 4 } } }, never)
  for (let at = 0; at < 30; at++) await queue.send(nudge(`${at}`), 0)
  await ticker.advance(1_000)
  expect(batches.map(({ ids }) => ids.length)).toEqual([4, 4, 4])
  expect(queue.count()).toBe(30)
})

test('only returned messages are redelivered, after the visibility timeout, with a higher receive count', async () => {
  const { ticker, queue, batches } = setUp({}, async (messages) =>
    messages.filter((message) => message.body.includes('"b"')).map(({ id }) => id),
  )
  await queue.send(nudge('a'), 0)
  await queue.send(nudge('b'), 0)
  await ticker.advance(normal.visibilityMs)
  expect(batches.map(({ at, ids }) => [at, ids])).toEqual([
    [0, ['a', 'b']],
    [normal.visibilityMs, ['b']],
  ])
  expect(batches[1]?.messages[0]?.receiveCount).toBe(2)
})

test.each([
  ['a rejection', () => Promise.reject(new Error('down'))],
  ['an id that was not in the batch', async () => ['who?']],
])('%s redelivers the whole batch', async (_, answer) => {
  const { ticker, queue, batches } = setUp({}, answer)
  await queue.send(nudge('a'), 0)
  await queue.send(nudge('b'), 0)
  await ticker.advance(normal.visibilityMs)
  expect(batches.map(({ ids }) => ids)).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
})

test('a worker that never answers frees its concurrency after the function timeout, and its messages are redelivered after the visibility timeout', async () => {
  const lanes = { normal: { ...normal, maxConcurrency: 2, batchCount: 1 } }
  const { ticker, queue, batches } = setUp({ lanes }, never)
  for (const id of ['a', 'b', 'c']) await queue.send(nudge(id), 0)
  await ticker.advance(normal.functionTimeoutMs - 1)
  expect(batches.map(({ ids }) => ids[0])).toEqual(['a', 'b'])
  await ticker.advance(1)
  expect(batches.map(({ ids }) => ids[0])).toEqual(['a', 'b', 'c'])
  await ticker.advance(normal.visibilityMs - normal.functionTimeoutMs)
  expect(batches.slice(3).map(({ at, ids }) => [at, ids[0]])).toEqual([[normal.visibilityMs, 'a']])
})

test('an answer after the function timeout is ignored', async () => {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>()
  const { ticker, queue, batches } = setUp({}, () => promise)
  await queue.send(nudge('a'), 0)
  await ticker.advance(normal.functionTimeoutMs)
  resolve([])
  await ticker.advance(normal.visibilityMs)
  expect(batches).toHaveLength(2)
})

test('after the most receives a message becomes a dead letter with its source and body', async () => {
  const { ticker, queue, batches, deadLetters } = setUp({}, all)
  queue.put('normal', 'poison')
  await ticker.advance(normal.visibilityMs * (LIMITS.queueReceiveCount + 5))
  expect(batches).toHaveLength(LIMITS.queueReceiveCount)
  expect(deadLetters).toMatchObject([{ source: 'lane:normal', body: 'poison', receiveCount: LIMITS.queueReceiveCount }])
  expect(queue.count()).toBe(0)
})

test('a message whose receives are all throttled for five hours is delivered when there is a free execution again', async () => {
  const FIVE_HOURS_MS = 5 * 3_600_000
  let isThrottled = true
  const { ticker, queue, batches, deadLetters } = setUp({}, (messages) =>
    Promise.resolve(isThrottled ? messages.map(({ id }) => id) : []),
  )
  await queue.send(nudge('a'), 0)
  await ticker.advance(FIVE_HOURS_MS)
  isThrottled = false
  await ticker.advance(normal.visibilityMs)
  expect([deadLetters, queue.count()]).toEqual([[], 0])
  expect(batches.at(-1)?.messages[0]?.receiveCount).toBe(1 + FIVE_HOURS_MS / normal.visibilityMs + 1)
})

test('a dead letter is delivered again until it is handled', async () => {
  let tries = 0
  const { ticker, queue } = setUp({
    handleDeadLetter: async () => {
      if (++tries < 20) throw new Error('down')
    },
  })
  queue.sendDeadLetter({ id: 'x', body: 'x', receiveCount: 1, source: 'timers' })
  await ticker.advance(75_000 * 18)
  expect(queue.count()).toBe(1)
  await ticker.advance(75_000)
  expect(tries).toBe(20)
  expect(queue.count()).toBe(0)
})

test('lanes do not delay each other', async () => {
  const lanes = { normal: { ...normal, maxConcurrency: 2, batchCount: 1 }, high: lane('high', 60_000) }
  const { ticker, queue, batches } = setUp({ lanes }, (messages) =>
    messages[0]?.body.includes('"normal"') ? never() : Promise.resolve([]),
  )
  for (const id of ['a', 'b', 'c']) await queue.send(nudge(id), 0)
  await queue.send(nudge('h', { lane: 'high' }), 0)
  await ticker.advance(0)
  expect(batches.map(({ ids }) => ids)).toContainEqual(['h'])
})

test('a stopped queue delivers nothing more, and stop resolves when no message is in flight', async () => {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>()
  const { ticker, queue, batches } = setUp({ lanes: { normal: { ...normal, batchCount: 1 } } }, () => promise)
  await queue.send(nudge('a'), 0)
  await ticker.advance(0)
  let over = false
  const stopped = queue.stop().then(() => {
    over = true
  })
  await queue.send(nudge('b'), 0)
  await ticker.advance(1_000)
  expect([batches.length, over]).toEqual([1, false])
  resolve([])
  await stopped
})

test('a queue with faults delivers twice, late and in any order, depending on the random numbers', async () => {
  const doubled = setUp({ random: repeatingRandom(0), faults: { duplicates: 0.5 } })
  await doubled.queue.send(nudge('a'), 0)
  await doubled.ticker.advance(0)
  expect(doubled.batches.flatMap(({ ids }) => ids)).toEqual(['a', 'a'])

  const late = setUp({ random: repeatingRandom(0.1, 0.5), faults: { delays: 0.2, delayMs: 30_000 } })
  await late.queue.send(nudge('a'), 1_000)
  await late.ticker.advance(60_000)
  expect(late.times()).toEqual([16_000])

  const shuffled = setUp({ random: repeatingRandom(0.3, 0.2, 0.1), faults: { shuffles: true } })
  for (const id of ['a', 'b', 'c']) await shuffled.queue.send(nudge(id), 0)
  await shuffled.ticker.advance(0)
  expect(shuffled.batches[0]?.ids).toEqual(['c', 'b', 'a'])
})

test('5,000 messages due at one instant need one callback of the clock for each free worker, not one for each message', async () => {
  const ticker = manualTicker()
  let scheduledCount = 0
  const counting = {
    ...ticker,
    at: (when: number, run: () => void) => {
      scheduledCount++
      return ticker.at(when, run)
    },
  }
  let delivered = 0
  const queue = memoryQueue({
    lanes: { normal },
    ticker: counting,
    deliver: async (_, messages) => {
      delivered += messages.length
      return []
    },
    handleDeadLetter: async () => {},
  })
  for (let at = 0; at < 5_000; at++) await queue.send(nudge(`${at}`), 10_000)
  expect(scheduledCount).toBe(1)
  await ticker.advance(10_000)
  expect(delivered).toBe(5_000)
  expect(scheduledCount).toBeLessThan(2_000)
})

test('a tenant that occupies every worker does not delay the others; alone it may use all workers', async () => {
  const lanes = { normal: { ...normal, maxConcurrency: 4, batchCount: 1 } }
  const answers: ((ids: readonly string[]) => void)[] = []
  const { ticker, queue, batches } = setUp({ lanes }, () => new Promise((resolve) => answers.push(resolve)))
  for (let at = 0; at < 10; at++) await queue.send(nudge(`a${at}`, { tenant: 'a' }), 0)
  await ticker.advance(0)
  expect(batches.map(({ ids }) => ids[0])).toEqual(['a0', 'a1', 'a2', 'a3'])
  for (const id of ['b0', 'b1', 'c0']) await queue.send(nudge(id, { tenant: id.slice(0, 1) }), 0)
  for (const answer of answers.splice(0)) answer([])
  await ticker.advance(0)
  expect(batches.slice(4).map(({ ids }) => ids[0])).toEqual(['a4', 'b0', 'c0', 'a5'])
})

test('hidden messages count as in flight: a tenant whose tasks crash does not delay the others', async () => {
  const lanes = { normal: { ...normal, maxConcurrency: 2, batchCount: 1 } }
  const { ticker, queue, batches } = setUp({ lanes }, (messages) =>
    messages[0]?.body.includes('"crash') ? Promise.resolve(messages.map(({ id }) => id)) : Promise.resolve([]),
  )
  for (const id of ['crash1', 'crash2']) await queue.send(nudge(id, { tenant: 'a' }), 0)
  await ticker.advance(0)
  for (const id of ['a', 'b']) await queue.send(nudge(id, { tenant: id }), 0)
  await ticker.advance(0)
  expect(batches.map(({ ids }) => ids[0])).toEqual(['crash1', 'crash2', 'b', 'a'])
})

test('an unfair queue delivers first come, first served', async () => {
  const lanes = { normal: { ...normal, maxConcurrency: 2, batchCount: 1 } }
  const { ticker, queue, batches } = setUp({ lanes, faults: { unfair: true } }, never)
  for (const id of ['a', 'a', 'b']) await queue.send(nudge(id, { tenant: id }), 0)
  await ticker.advance(0)
  expect(batches.map(({ ids }) => ids[0])).toEqual(['a', 'a'])
})
