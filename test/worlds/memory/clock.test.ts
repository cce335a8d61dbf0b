import { expect, test } from 'vitest'
import { sleepOn, virtualClock } from '../../../worlds/memory/clock.ts'

test('events run in order of time, and those of one instant in the order they were asked for', async () => {
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

test('every promise that can go on has gone on before the next event runs', async () => {
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

test('an event that was called off does not run', async () => {
  const clock = virtualClock(0)
  const callOff = clock.at(1, () => expect.unreachable('it was called off'))
  callOff()
  expect(await clock.run(() => false)).toBe(0)
})

test('a run stops when it is said to be over', async () => {
  const clock = virtualClock(0)
  const again = () => void clock.at(clock.now() + 10, again)
  again()
  await clock.run(() => clock.now() >= 100)
  expect(clock.now()).toBe(100)
})

test('a sleep ends at its time, or as soon as its signal fires', async () => {
  const clock = virtualClock(0)
  const stop = new AbortController()
  const woke: string[] = []
  void sleepOn(clock, 50).then(() => woke.push(`slept until ${clock.now()}`))
  void sleepOn(clock, 500, stop.signal).then(() => woke.push(`stopped at ${clock.now()}`))
  clock.at(70, () => stop.abort())
  await clock.run(() => false)
  expect(woke).toEqual(['slept until 50', 'stopped at 70'])
})
