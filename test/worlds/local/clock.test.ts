import { expect, test } from 'vitest'
import { realTicker } from '../../../worlds/local/clock.ts'

test('callbacks run in the order of their times and never early; a cancelled one does not run', async () => {
  const ticker = realTicker()
  const start = ticker.now()
  const fired: { readonly due: number; readonly at: number }[] = []
  await new Promise<void>((resolve) => {
    for (const ms of [30, 5, 20, 0, 10]) ticker.at(start + ms, () => fired.push({ due: start + ms, at: ticker.now() }))
    ticker.at(start + 15, () => fired.push({ due: Number.NaN, at: 0 }))()
    ticker.at(start + 31, resolve)
  })
  ticker.stop()
  expect(fired.map(({ due }) => due - start)).toEqual([0, 5, 10, 20, 30])
  for (const { due, at } of fired) expect(at).toBeGreaterThanOrEqual(due)
})

test('no callback is early when the clock is slower than the timers', async () => {
  // Half the speed of Node's timers, so every timer fires too early by this clock.
  const start = Date.now()
  const now = () => start + Math.floor((Date.now() - start) / 2)
  const ticker = realTicker(now)
  const at = await new Promise<number>((resolve) => ticker.at(start + 20, () => resolve(now())))
  ticker.stop()
  expect(at).toBeGreaterThanOrEqual(start + 20)
})

test('a callback that adds callbacks for now does not block the process', async () => {
  const ticker = realTicker()
  let rounds = 0
  const again = () => {
    rounds++
    ticker.at(ticker.now(), again)
  }
  again()
  await new Promise((resolve) => setTimeout(resolve, 1))
  ticker.stop()
  const stoppedAt = rounds
  await new Promise((resolve) => setImmediate(resolve))
  expect(rounds).toBe(stoppedAt)
})

test('callbacks due at one instant need one timer', async () => {
  const ticker = realTicker()
  const due = ticker.now() + 10
  let firedCount = 0
  await new Promise<void>((resolve) => {
    for (let at = 0; at < 5_000; at++) {
      ticker.at(due, () => {
        if (++firedCount === 5_000) resolve()
      })
    }
    // All callbacks are registered before the first one runs, and the process waits for one timeout only.
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(10)
  })
  ticker.stop()
  expect(firedCount).toBe(5_000)
})
