import { expect, test } from 'vitest'
import { virtualClock } from '../../../worlds/memory/clock.ts'
import { FAULTS, type Fault, type Faults } from '../../../worlds/sim/faults.ts'
import { type Shared, startProcess } from '../../../worlds/sim/process.ts'
import { randomOf } from '../../../worlds/sim/random.ts'
import { engineWorld } from '../../engine/world.ts'

/** Faults that occur at the nth occasion, counted from 1. */
const faultsAt = (when: Partial<Record<Fault, number>>): Faults => {
  const asked: Partial<Record<Fault, number>> = {}
  const none = Object.fromEntries(Object.keys(FAULTS).map((fault) => [fault, 0])) as Record<Fault, number>
  return {
    occurs: (fault) => {
      asked[fault] = (asked[fault] ?? 0) + 1
      return asked[fault] === when[fault]
    },
    heal: () => {},
    counts: () => none,
    rates: none,
  }
}

/** Publishes an event from one process; returns what the process and the bus got. */
const published = async (when: Partial<Record<Fault, number>>) => {
  const clock = virtualClock(0)
  const world = engineWorld()
  let arrived = 0
  const shared: Shared = {
    clock,
    random: randomOf('process'),
    faults: faultsAt(when),
    isStoreUnavailable: () => false,
    isThrottled: () => false,
    partsOf: () => ({ ...world, bus: { publish: async () => void arrived++ } }),
    log: () => {},
    meter: () => {},
    processDied: () => {},
    processToldToStop: () => {},
    processInvoked: () => {},
  }
  const process = startProcess(shared, 'relay', 'relay-1')
  let answer = 'none'
  process.world.bus.publish([]).then(
    () => {
      answer = 'done'
    },
    (error: Error) => {
      answer = error.message
    },
  )
  await clock.run(() => false)
  return { answer, arrived, isAlive: process.isAlive() }
}

test('a call takes time, takes effect, and is answered', async () => {
  expect(await published({})).toEqual({ answer: 'done', arrived: 1, isAlive: true })
})

test('a throttled call takes no effect and fails', async () => {
  expect(await published({ 'call throttled': 1 })).toEqual({
    answer: 'bus.publish of relay-1: throttled',
    arrived: 0,
    isAlive: true,
  })
})

test('a call can fail before it took effect, or after', async () => {
  expect(await published({ 'call failed before it took effect': 1 })).toMatchObject({ arrived: 0, isAlive: true })
  expect(await published({ 'call failed after it took effect': 1 })).toEqual({
    answer: 'bus.publish of relay-1: no answer came',
    arrived: 1,
    isAlive: true,
  })
})

test('a call whose answer was lost is made twice and answered once', async () => {
  expect(await published({ 'call repeated after its answer was lost': 1 })).toEqual({ answer: 'done', arrived: 2, isAlive: true })
})

test('a process that is killed before or after its call gets no answer', async () => {
  expect(await published({ 'relay killed': 1 })).toEqual({ answer: 'none', arrived: 0, isAlive: false })
  expect(await published({ 'relay killed': 2 })).toEqual({ answer: 'none', arrived: 1, isAlive: false })
})
