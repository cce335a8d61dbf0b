import type { DurationMs } from '../../core/duration.ts'
import type { Log, Metric, World } from '../../engine/world.ts'
import type { Random } from '../memory/ticker.ts'
import { sleepOn, type VirtualClock } from '../memory/virtual-clock.ts'
import type { Fault, Faults } from './faults.ts'
import { between } from './random.ts'

/** What a process does in the simulation. */
export type Role = 'api' | 'relay' | 'execute' | 'control' | 'sweep' | 'bury'

/** One process: what it sees of the world, and its death. A dead one never hears an answer again. */
export type Process = {
  readonly name: string
  readonly role: Role
  readonly world: World
  readonly isAlive: () => boolean
  readonly kill: () => void
  /** Kills it because its time is up; a frozen one only some seconds after it has thawed. */
  readonly timeOut: () => void
  /** Resolves when it has died. */
  readonly death: Promise<void>
  /** Sleeps, if it lives to wake up. */
  readonly sleep: World['clock']['sleep']
}

/** What all processes share. */
export type Shared = {
  readonly clock: VirtualClock
  readonly random: Random
  readonly faults: Faults
  /** Is the store out of order at this time? */
  readonly isStoreOut: () => boolean
  /** The true parts, which do what they are told, as the process of this name uses them. */
  readonly partsOf: (process: string) => Pick<World, 'store' | 'timers' | 'queue' | 'bus' | 'ids'>
  readonly log: (process: string, level: keyof Log, message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly meter: (metric: Metric, value: number) => void
  readonly died: (process: string) => void
}

/** The most that a process's clock is wrong, either way: far below `LIMITS.sweepGraceMs`, far above what AWS's time service allows. */
export const SKEW_MS = 400

/** A slow call takes up to this long: more than what a task's time leaves between handler and function timeout. */
const SLOW_MS = 12_000
/** A frozen process stands still for up to this long: past the lease of the short lanes. */
export const FROZEN_MS = 240_000
/** How long one that has thawed has for its late words. */
const THAWED_MS = 5_000

/** Starts a process. Every call it makes of the world takes time, and may fail, or be its last. */
export const startProcess = (ground: Shared, role: Role, name: string): Process => {
  const { clock, random, faults } = ground
  const parts = ground.partsOf(name)
  const skewMs = faults.strikes('clock skewed') ? between(random, -SKEW_MS, SKEW_MS) : 0
  const killed: Fault = `${role} killed`
  const { promise: death, resolve: die } = Promise.withResolvers<void>()
  let alive = true
  let frozenUntil = 0

  const kill = () => {
    if (!alive) return
    alive = false
    ground.died(name)
    die()
  }

  const after = (ms: DurationMs, act: () => void) => clock.at(clock.now() + ms, act)
  /** Goes on in the process: now, when it has thawed, or never. */
  const resume = (act: () => void): void => {
    if (!alive) return
    if (clock.now() < frozenUntil) clock.at(frozenUntil, () => resume(act))
    else act()
  }
  const freeze = () => {
    if (role === 'execute' && faults.strikes('execute frozen')) frozenUntil = clock.now() + between(random, 1_000, FROZEN_MS)
  }
  const hopMs = (): DurationMs => between(random, 1, 20)
  const wayMs = (): DurationMs => (faults.strikes('call slow') ? between(random, 1_000, SLOW_MS) : hopMs())

  const call = <Answer>(what: string, act: () => Promise<Answer>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (!alive) return
      const hear = (settle: () => void) => {
        if (faults.strikes(killed)) return kill()
        freeze()
        after(hopMs(), () => resume(settle))
      }
      const fail = (how: string) => hear(() => reject(new Error(`${what} of ${name}: ${how}`)))
      const effect = () =>
        void act().then(
          (answer) => (faults.strikes('call failed after it took effect') ? fail('no answer came') : hear(() => resolve(answer))),
          (error: unknown) => hear(() => reject(error)),
        )
      if (faults.strikes(killed)) return kill()
      if (what.startsWith('store.') && ground.isStoreOut()) return fail('the service is unavailable')
      if (faults.strikes('call throttled')) return fail('throttled')
      if (faults.strikes('call failed before it took effect')) return fail('the connection broke')
      // What is on its way arrives, whatever becomes of its sender.
      after(wayMs(), () => {
        if (!faults.strikes('call repeated after its answer was lost')) return effect()
        void act().catch(() => {})
        after(wayMs(), effect)
      })
    })

  const sleep = (ms: DurationMs, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (!alive) return
      if (role === 'execute' && faults.strikes('execute killed asleep')) after(between(random, 0, ms), kill)
      freeze()
      void sleepOn(clock, ms, signal).then(() => resume(resolve))
    })

  const through = <Part extends object>(part: Part, partName: string): Part =>
    Object.fromEntries(
      Object.entries(part).map(([verb, act]) => [
        verb,
        (...given: unknown[]) => call(`${partName}.${verb}`, () => act(...given)),
      ]),
    ) as Part

  const log =
    (level: keyof Log) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (alive) ground.log(name, level, message, fields)
    }

  const world: World = {
    store: through(parts.store, 'store'),
    timers: through(parts.timers, 'timers'),
    queue: through(parts.queue, 'queue'),
    bus: through(parts.bus, 'bus'),
    clock: { now: () => clock.now() + skewMs, sleep },
    ids: parts.ids,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    meter: { add: (metric, value) => ground.meter(metric, value) },
  }
  const timeOut = () => (clock.now() < frozenUntil ? void clock.at(frozenUntil + THAWED_MS, kill) : kill())
  return { name, role, world, isAlive: () => alive, kill, timeOut, death, sleep }
}
