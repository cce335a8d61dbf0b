import { expect, test } from 'vitest'
import { realTicker } from '../../../worlds/local/clock.ts'

test('callbacks come in the order of their times, none of them early, and those called off not at all', async () => {
  const ticker = realTicker()
  const start = ticker.now()
  const rang: { readonly due: number; readonly at: number }[] = []
  await new Promise<void>((resolve) => {
    for (const ms of [30, 5, 20, 0, 10]) ticker.at(start + ms, () => rang.push({ due: start + ms, at: ticker.now() }))
    ticker.at(start + 15, () => rang.push({ due: Number.NaN, at: 0 }))()
    ticker.at(start + 31, resolve)
  })
  ticker.stop()
  expect(rang.map(({ due }) => due - start)).toEqual([0, 5, 10, 20, 30])
  for (const { due, at } of rang) expect(at).toBeGreaterThanOrEqual(due)
})

test('a clock that runs slower than the timers makes nothing early', async () => {
  // Half the speed of Node's own timers: every ring is too soon until the clock says otherwise.
  const start = Date.now()
  const now = () => start + Math.floor((Date.now() - start) / 2)
  const ticker = realTicker(now)
  const at = await new Promise<number>((resolve) => ticker.at(start + 20, () => resolve(now())))
  ticker.stop()
  expect(at).toBeGreaterThanOrEqual(start + 20)
})

test('a callback that asks for "now" again and again lets the rest of the process have its turns', async () => {
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

test('what is due at once is rung by one timer', async () => {
  const ticker = realTicker()
  const due = ticker.now() + 10
  let rang = 0
  await new Promise<void>((resolve) => {
    for (let at = 0; at < 5_000; at++) {
      ticker.at(due, () => {
        if (++rang === 5_000) resolve()
      })
    }
    // Everything is registered before anything rings, and yet the process waits for one timeout only.
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(10)
  })
  ticker.stop()
  expect(rang).toBe(5_000)
})
