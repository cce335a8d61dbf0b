import { expect, test } from 'vitest'
import { sleepOn, virtualClock } from '../../../worlds/memory/clock.ts'

test('events run in order of time, and events of one instant in the order of registration', async () => {
  const clock = virtualClock(1_000)
  const seen: string[] = []
  for (const [name, when] of [
    ['c', 3_000],
    ['a', 2_000],
    ['b', 2_000],
    ['past', 0],
  ] as const)
    clock.at(when, () => seen.push(`${name}@${clock.now()}`))
  expect(await clock.run(() => false)).toBe(4)
  expect(seen).toEqual(['past@1000', 'a@2000', 'b@2000', 'c@3000'])
})

test('all promises that can continue do so before the next event runs', async () => {
  const clock = virtualClock(0)
  const seen: string[] = []
  clock.at(1, () => {
    void (async () => {
      for (let turn = 0; turn < 100; turn++) await Promise.resolve()
      await new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)))
      seen.push('promises')
    })()
  })
  clock.at(1, () => seen.push('next event'))
  await clock.run(() => false)
  expect(seen).toEqual(['promises', 'next event'])
})

test('a cancelled event does not run', async () => {
  const clock = virtualClock(0)
  const cancel = clock.at(1, () => expect.unreachable('the event was cancelled'))
  cancel()
  expect(await clock.run(() => false)).toBe(0)
})

test('a run stops when isOver returns true', async () => {
  const clock = virtualClock(0)
  const again = () => void clock.at(clock.now() + 10, again)
  again()
  await clock.run(() => clock.now() >= 100)
  expect(clock.now()).toBe(100)
})

test('a sleep ends at its time, or as soon as its signal fires', async () => {
  const clock = virtualClock(0)
  const stop = new AbortController()
  const wakeups: string[] = []
  void sleepOn(clock, 50).then(() => wakeups.push(`slept until ${clock.now()}`))
  void sleepOn(clock, 500, stop.signal).then(() => wakeups.push(`stopped at ${clock.now()}`))
  clock.at(70, () => stop.abort())
  await clock.run(() => false)
  expect(wakeups).toEqual(['slept until 50', 'stopped at 70'])
})
