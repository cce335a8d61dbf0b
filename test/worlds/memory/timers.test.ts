import { expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import type { Nudge } from '../../../core/row/nudge.ts'
import type { DeadLetter } from '../../../engine/message.ts'
import { memoryTimers, type TimerOptions } from '../../../worlds/memory/timers.ts'
import { manualTicker, repeatingRandom, START } from './manual-ticker.ts'

const HOUR = 3_600_000
const nudge: Nudge = { kind: 'task', tenant: 't', id: 'a', epoch: 3, lane: 'normal', dueAt: START + 2 * HOUR }

const setUp = (options: Partial<TimerOptions> = {}) => {
  const ticker = manualTicker()
  const fired: number[] = []
  const dead: DeadLetter[] = []
  const send = async (sent: Nudge, delayMs: number) => {
    expect([sent, delayMs]).toEqual([nudge, 0])
    fired.push(ticker.now() - START)
  }
  const timers = memoryTimers({ ticker, send, onDead: (deadLetter) => dead.push(deadLetter), ...options })
  const arm = (name: string, at: number) => timers.arm({ name, at, nudge })
  return { ticker, timers, arm, fired, dead }
}

test('a timer fires once, at its time, and is then deleted', async () => {
  const { ticker, timers, arm, fired } = setUp()
  await arm('a-3', START + HOUR)
  expect(timers.count()).toBe(1)
  await ticker.advance(HOUR - 1)
  expect(fired).toEqual([])
  await ticker.advance(3 * HOUR)
  expect(fired).toEqual([HOUR])
  expect(timers.count()).toBe(0)
})

test('a timer may fire late, up to the tolerance, and never early', async () => {
  const { ticker, arm, fired } = setUp({ random: repeatingRandom(0.999) })
  await arm('a-3', START + HOUR)
  await ticker.advance(2 * HOUR)
  expect(fired[0]).toBeGreaterThan(HOUR + LIMITS.timerToleranceMs * 0.99)
  expect(fired[0]).toBeLessThan(HOUR + LIMITS.timerToleranceMs)
})

test('arming a name again changes nothing', async () => {
  const { ticker, arm, fired } = setUp()
  await arm('a-3', START + HOUR)
  await arm('a-3', START + 2 * HOUR)
  await ticker.advance(3 * HOUR)
  expect(fired).toEqual([HOUR])
})

test('a disarmed timer does not fire, and disarming a missing timer is no error', async () => {
  const { ticker, timers, arm, fired } = setUp()
  await arm('a-3', START + HOUR)
  await timers.disarm('a-3')
  await timers.disarm('a-3')
  await ticker.advance(2 * HOUR)
  expect(fired).toEqual([])
})

test.each([START, START - 1_000])('a time that is not in the future is refused (%d)', async (at) => {
  const { arm } = setUp()
  await expect(arm('a-3', at)).rejects.toThrow('which is past')
})

test('a fraction of a second is refused', async () => {
  const { arm } = setUp()
  await expect(arm('a-3', START + 1_500)).rejects.toThrow('whole second')
})

test.each(['', 'a/b', 'ü', 'a b', 'x'.repeat(65)])('the name %j is refused', async (name) => {
  const { arm } = setUp()
  await expect(arm(name, START + HOUR)).rejects.toThrow('must be 1 to 64 letters, digits')
})

test('the longest name of valid characters is accepted', async () => {
  const { arm, timers } = setUp()
  await arm(`${'aZ0-_.'.repeat(10)}last`, START + HOUR)
  expect(timers.count()).toBe(1)
})

test('a timer with duplicates fires twice', async () => {
  const { ticker, arm, fired } = setUp({ random: repeatingRandom(0, 0.1, 0.5), faults: { duplicates: 0.2 } })
  await arm('a-3', START + HOUR)
  await ticker.advance(2 * HOUR)
  expect(fired).toEqual([HOUR, HOUR + 30_000])
})

test('a nudge that cannot be sent is retried every minute', async () => {
  let tries = 0
  const { ticker, arm, dead } = setUp({
    send: async () => {
      if (++tries < 4) throw new Error('no lane')
    },
  })
  await arm('a-3', START + HOUR)
  await ticker.advance(HOUR + 2 * 60_000)
  expect(tries).toBe(3)
  await ticker.advance(HOUR)
  expect(tries).toBe(4)
  expect(dead).toEqual([])
})

test('a nudge that can never be sent becomes a dead letter after as many retries as EventBridge Scheduler makes', async () => {
  let tries = 0
  const { ticker, arm, dead } = setUp({
    send: async () => {
      tries++
      throw new Error('no lane')
    },
  })
  await arm('a-3', START + HOUR)
  await ticker.advance(24 * HOUR)
  expect(tries).toBe(1 + LIMITS.timerRetryCount)
  expect(dead).toMatchObject([{ source: 'timers', reason: 'no lane', body: JSON.stringify(nudge) }])
})

test('only so many timers fire in a second; the others wait', async () => {
  const { ticker, arm, fired } = setUp({ ratePerSecondCount: 2 })
  for (const name of ['a-1', 'a-2', 'a-3', 'a-4']) await arm(name, START + HOUR)
  await ticker.advance(HOUR)
  expect(fired).toEqual([HOUR])
  await ticker.advance(10_000)
  expect(fired).toEqual([HOUR, HOUR + 500, HOUR + 1_000, HOUR + 1_500])
})
