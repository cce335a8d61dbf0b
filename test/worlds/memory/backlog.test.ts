import { expect, test } from 'vitest'
import { lane } from '../../../core/lanes.ts'
import { memoryQueue } from '../../../worlds/memory/queue.ts'
import { manualTicker, START } from './manual-ticker.ts'

test('the backlog of a lane is what could be received now: not what is delayed, in flight or hidden', async () => {
  const ticker = manualTicker()
  const queue = memoryQueue({
    lanes: { normal: lane('normal', 60_000, { maxConcurrency: 2 }) },
    ticker,
    deliver: () => new Promise(() => {}),
    handleDeadLetter: async () => {},
  })
  const send = (id: string, delayMs: number) =>
    queue.send({ kind: 'task', tenant: 't', id, epoch: 1, lane: 'normal', dueAt: START }, delayMs)
  expect(await queue.backlog('normal')).toBe(0)
  for (const id of ['a', 'b', 'c', 'd']) await send(id, 0)
  await send('later', 5_000)
  await ticker.advance(1)
  expect(await queue.backlog('normal')).toBe(2)
  await ticker.advance(5_000)
  expect(await queue.backlog('normal')).toBe(3)
  await expect(queue.backlog('gone')).rejects.toThrow('lane "gone" does not exist')
})
