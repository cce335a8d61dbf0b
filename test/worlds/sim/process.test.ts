import { expect, test } from 'vitest'
import { virtualClock } from '../../../worlds/memory/virtual-clock.ts'
import { FAULTS, type Fault, type Faults } from '../../../worlds/sim/faults.ts'
import { type Shared, startProcess } from '../../../worlds/sim/process.ts'
import { randomOf } from '../../../worlds/sim/random.ts'
import { handWorld } from '../../engine/world.ts'

/** Faults that strike as told: the nth time that each is asked about, from 1. */
const striking = (when: Partial<Record<Fault, number>>): Faults => {
  const asked: Partial<Record<Fault, number>> = {}
  const none = Object.fromEntries(Object.keys(FAULTS).map((fault) => [fault, 0])) as Record<Fault, number>
  return {
    strikes: (fault) => {
      asked[fault] = (asked[fault] ?? 0) + 1
      return asked[fault] === when[fault]
    },
    heal: () => {},
    counts: () => none,
    rates: none,
  }
}

/** An event sent to the bus by one process, and what both sides know of it afterwards. */
const published = async (when: Partial<Record<Fault, number>>) => {
  const clock = virtualClock(0)
  const world = handWorld()
  let arrived = 0
  const ground: Shared = {
    clock,
    random: randomOf('process'),
    faults: striking(when),
    isStoreOut: () => false,
    partsOf: () => ({ ...world, bus: { publish: async () => void arrived++ } }),
    log: () => {},
    meter: () => {},
    died: () => {},
  }
  const process = startProcess(ground, 'relay', 'relay-1')
  let heard = 'nothing'
  process.world.bus.publish([]).then(
    () => {
      heard = 'done'
    },
    (error: Error) => {
      heard = error.message
    },
  )
  await clock.run(() => false)
  return { heard, arrived, isAlive: process.isAlive() }
}

test('a call takes time, takes effect, and is answered', async () => {
  expect(await published({})).toEqual({ heard: 'done', arrived: 1, isAlive: true })
})

test('a throttled call takes no effect, and says so', async () => {
  expect(await published({ 'call throttled': 1 })).toEqual({
    heard: 'bus.publish of relay-1: throttled',
    arrived: 0,
    isAlive: true,
  })
})

test('a call may fail before it took effect, and after', async () => {
  expect(await published({ 'call failed before it took effect': 1 })).toMatchObject({ arrived: 0, isAlive: true })
  expect(await published({ 'call failed after it took effect': 1 })).toEqual({
    heard: 'bus.publish of relay-1: no answer came',
    arrived: 1,
    isAlive: true,
  })
})

test('a call whose answer was lost is made twice, and answered once', async () => {
  expect(await published({ 'call repeated after its answer was lost': 1 })).toEqual({ heard: 'done', arrived: 2, isAlive: true })
})

test('a process that is killed before its call or after it never hears of it', async () => {
  expect(await published({ 'relay killed': 1 })).toEqual({ heard: 'nothing', arrived: 0, isAlive: false })
  expect(await published({ 'relay killed': 2 })).toEqual({ heard: 'nothing', arrived: 1, isAlive: false })
})
