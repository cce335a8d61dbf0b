import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Stop } from '../../engine/message.ts'
import type { Log, Metric, World } from '../../engine/world.ts'
import { sleepOn, type VirtualClock } from '../memory/clock.ts'
import type { Random } from '../memory/faults.ts'
import type { Fault, Faults } from './faults.ts'
import { between } from './random.ts'

/** The step that a process runs. */
export type Role = 'api' | 'relay' | 'execute' | 'control' | 'sweep' | 'dead-letters'

/** One process with its view of the world. After its death no promise of its world settles. */
export type Process = {
  readonly name: string
  readonly role: Role
  readonly world: World
  readonly isAlive: () => boolean
  readonly kill: () => void
  /** Kills the process at its timeout; a frozen one only some seconds after it has thawed. */
  readonly timeOut: () => void
  /** An orderly stop, as its messages carry it. */
  readonly stop: Stop
  /** Tells the process to stop, and kills it when the grace is over. */
  readonly tellToStop: (graceMs: DurationMs) => void
  readonly isStopping: () => boolean
  /** Resolves at its death. */
  readonly death: Promise<void>
  /** Sleeps. Does not resolve when the process dies before. */
  readonly sleep: World['clock']['sleep']
}

/** What all processes of a run share. */
export type Shared = {
  readonly clock: VirtualClock
  readonly random: Random
  readonly faults: Faults
  /** Is the store out of service now? */
  readonly isStoreUnavailable: () => boolean
  /** Is the partition of this call throttled now? */
  readonly isThrottled: (verb: string, args: readonly unknown[]) => boolean
  /** The parts of the world without faults, as the process of this name uses them. */
  readonly partsOf: (process: string) => Pick<World, 'store' | 'timers' | 'queue' | 'bus' | 'ids'>
  readonly log: (process: string, level: keyof Log, message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly meter: (metric: Metric, value: number) => void
  readonly processDied: (process: string) => void
  readonly processToldToStop: (process: string) => void
  /** The process got work, and is killed at this time. */
  readonly processInvoked: (process: string, deadlineAt: Instant) => void
}

/** The most that the clock of a process is fast or slow: far below `LIMITS.sweepGraceMs`, far above the error of AWS's time service. */
export const SKEW_MS = 400

/** A slow call takes up to this long: more than the time between handler timeout and function timeout. */
const SLOW_MS = 12_000
/** A frozen process does nothing for up to this long: longer than the lease of the short lanes. */
export const FROZEN_MS = 240_000
/** How long a thawed process still runs after its timeout. */
const THAWED_MS = 5_000

/** Starts a process. Every call of its world takes time and may fail, and the process may die in it. */
export const startProcess = (shared: Shared, role: Role, name: string): Process => {
  const { clock, random, faults } = shared
  const parts = shared.partsOf(name)
  const skewMs = faults.occurs('clock skewed') ? between(random, -SKEW_MS, SKEW_MS) : 0
  const killed: Fault = `${role} killed`
  const { promise: death, resolve: die } = Promise.withResolvers<void>()
  let isAlive = true
  let frozenUntil = 0

  const kill = () => {
    if (!isAlive) return
    isAlive = false
    shared.processDied(name)
    die()
  }

  const after = (ms: DurationMs, act: () => void) => clock.at(clock.now() + ms, act)
  /** Continues in the process: now, after it has thawed, or never. */
  const resume = (act: () => void): void => {
    if (!isAlive) return
    if (clock.now() < frozenUntil) clock.at(frozenUntil, () => resume(act))
    else act()
  }
  const freeze = () => {
    if (role === 'execute' && faults.occurs('execute frozen')) frozenUntil = clock.now() + between(random, 1_000, FROZEN_MS)
  }
  const latencyMs = (): DurationMs => between(random, 1, 20)
  const requestMs = (): DurationMs => (faults.occurs('call slow') ? between(random, 1_000, SLOW_MS) : latencyMs())

  const stopping = new AbortController()
  let interruptsAt = Number.POSITIVE_INFINITY
  const tellToStop = (graceMs: DurationMs) => {
    if (!isAlive || stopping.signal.aborted) return
    shared.processToldToStop(name)
    interruptsAt = clock.now() + skewMs + graceMs - LIMITS.stopCommitMs
    stopping.abort()
    after(Math.max(graceMs, LIMITS.stopCommitMs), kill)
  }

  const call = <Answer>(verb: string, args: readonly unknown[], act: () => Promise<Answer>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (!isAlive) return
      const answer = (settle: () => void) => {
        if (faults.occurs(killed)) return kill()
        freeze()
        after(latencyMs(), () => resume(settle))
      }
      const fail = (how: string) => answer(() => reject(new Error(`${verb} of ${name}: ${how}`)))
      const effect = () =>
        void act().then(
          (result) =>
            faults.occurs('call failed after it took effect') ? fail('no answer came') : answer(() => resolve(result)),
          (error: unknown) => answer(() => reject(error)),
        )
      if (faults.occurs(killed)) return kill()
      if (verb.startsWith('store.') && shared.isStoreUnavailable()) return fail('the service is unavailable')
      if (shared.isThrottled(verb, args)) return fail('the partition is throttled')
      if (faults.occurs('call throttled')) return fail('throttled')
      if (faults.occurs('call failed before it took effect')) return fail('the connection broke')
      // A request that was sent arrives, also when its sender dies.
      after(requestMs(), () => {
        if (!faults.occurs('call repeated after its answer was lost')) return effect()
        void act().catch(() => {})
        after(requestMs(), effect)
      })
    })

  const sleep = (ms: DurationMs, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (!isAlive) return
      if (role === 'execute' && faults.occurs('execute killed asleep')) after(between(random, 0, ms), kill)
      freeze()
      void sleepOn(clock, ms, signal).then(() => resume(resolve))
    })

  const faulty = <Part extends object>(part: Part, partName: string): Part =>
    Object.fromEntries(
      Object.entries(part).map(([verb, act]) => [
        verb,
        (...args: unknown[]) => call(`${partName}.${verb}`, args, () => act(...args)),
      ]),
    ) as Part

  const log =
    (level: keyof Log) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (isAlive) shared.log(name, level, message, fields)
    }

  const world: World = {
    store: faulty(parts.store, 'store'),
    timers: faulty(parts.timers, 'timers'),
    queue: faulty(parts.queue, 'queue'),
    bus: faulty(parts.bus, 'bus'),
    clock: { now: () => clock.now() + skewMs, sleep },
    ids: parts.ids,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    meter: { add: (metric, value) => shared.meter(metric, value) },
  }
  const timeOut = () => (clock.now() < frozenUntil ? void clock.at(frozenUntil + THAWED_MS, kill) : kill())
  return {
    name,
    role,
    world,
    isAlive: () => isAlive,
    kill,
    timeOut,
    stop: { signal: stopping.signal, interruptsAt: () => interruptsAt },
    tellToStop,
    isStopping: () => stopping.signal.aborted,
    death,
    sleep,
  }
}
