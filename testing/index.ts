import { type Delay, type Instant, registryOf, type TaskType } from '../core/define.ts'
import { DEFAULT_LANES, type Lanes } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import { type LimitInput, readLimit } from '../core/reading/limit.ts'
import type { TaskEvent } from '../core/task/event.ts'
import type { App } from '../engine/app.ts'
import { runLocal } from '../worlds/local/run.ts'
import { type Doors, doorsOf } from './doors.ts'
import { type Expectation, expectationOf } from './expect.ts'
import { keptLog, type LogLine } from './log.ts'
import { patienceOf } from './patience.ts'
import { handTime, instantOf, msOf, START } from './time.ts'

export type { Asked, Command, CreateOptions, Doors } from './doors.ts'
export type { Expectation } from './expect.ts'
export { type Handled, type HandlerOptions, runHandler } from './handler.ts'
export type { LogLine } from './log.ts'

/** What a hand-driven world is made of. */
export type HandOptions = {
  /** What can be done: from `defineTask`. */
  readonly types: readonly TaskType[]
  /** The type of the task that is submitted when a task has failed for good that names none itself. @default none */
  readonly onFailure?: string
  /** What each tenant is granted, such as `{ concurrency: 5 }`. @default without limit */
  readonly tenantLimit?: LimitInput
  /** @default the lanes `high`, `normal`, `low` and `long` */
  readonly lanes?: Lanes
  /** When it begins: ISO 8601 with offset, or epoch milliseconds. @default '2026-01-05T09:00:00Z', a Monday */
  readonly start?: Instant | string
  /** Whose tasks these are. @default 'test' */
  readonly tenant?: string
  /**
   * How long, in real time, the world waits for a handler that has not answered before it takes it to be waiting for time
   * itself. @default a second
   */
  readonly patience?: Delay
}

/** A tenant's part of a world: the API, and what is expected of tasks. */
export type HandTenant = Doors & {
  /** @example await world.expectTask(id).toSucceed({ output: { sent: true } }) */
  readonly expectTask: (id: string) => Expectation
}

/** A Carillon whose time passes only when it is told to. */
export type HandWorld = HandTenant & {
  /** What time it is in this world, in epoch milliseconds. Handlers that ask `Date` get the real time. */
  readonly now: () => Instant
  /** Lets so much time pass, and runs in order whatever falls due on the way. @example await world.advance('1h') */
  readonly advance: (delay: Delay) => Promise<void>
  /** Runs what is due until nothing is, without letting time pass. */
  readonly drain: () => Promise<void>
  /** The lifecycle events that the bus has heard, of types that have some (`events: 'all'`). */
  readonly events: () => readonly TaskEvent[]
  /** What engine and handlers have logged. */
  readonly logs: () => readonly LogLine[]
  /** The same world, as another tenant sees it. */
  readonly as: (tenant: string) => HandTenant
  /** Ends it. Handlers that still run are left behind. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * Starts a world in memory with the real engine in it: the same API, relay, executors, sweep and retries as on AWS, exact to
 * the millisecond, and with nothing lost, doubled or late. What is asked of it is written at once; what follows from that
 * happens when time passes, even if it is due at once.
 *
 * @example
 * await using world = await handWorld({ types: [greet] })
 * const id = await world.create(greet, { name: 'Ada' }, { delay: '1h' })
 * await world.advance('59m')
 * await world.expectTask(id).toBe('scheduled')
 * await world.expectTask(id).toSucceed({ output: 'Hello, Ada' })
 */
export const handWorld = async (options: HandOptions): Promise<HandWorld> => {
  const { types, onFailure, lanes = DEFAULT_LANES, start = START, tenant = 'test', patience = LIMITS.testHandlerWaitMs } = options
  const handlers = patienceOf(msOf(patience))
  const time = handTime(instantOf(start), handlers.settled)
  const log = keptLog(time.now)
  const app: App = {
    types: registryOf(types.map(handlers.watched), onFailure),
    lanes,
    retentionMs: LIMITS.retentionMs,
    environmentId: 'test',
    ...(onFailure ? { onFailure } : {}),
    ...(options.tenantLimit ? { tenantLimit: readLimit('tenantLimit', options.tenantLimit) } : {}),
  }
  const { world, stop } = await runLocal(app, ':memory:', log, time)
  const events: TaskEvent[] = []
  world.bus.listen((event) => void events.push(event))

  /** Nobody is at work, nothing is on its way, and no open task has a wake-up. */
  const isAtRest = (): boolean => {
    if (handlers.count() + world.store.backlog().changeCount + world.queue.count() + world.timers.count() > 0) return false
    return [...world.store.openTasks()].every(({ dueAt, lease }) => dueAt === undefined && lease === undefined)
  }

  const as = (name: string): HandTenant => {
    const doors = doorsOf(world, app, name)
    return { ...doors, expectTask: (id) => expectationOf({ doors, time, lines: log.lines, isAtRest }, id) }
  }

  let closed: Promise<void> | undefined
  const end = async (): Promise<void> => {
    const stopped = stop(0)
    // To wait for handlers no longer than nought takes a moment of this world's own time.
    await time.runTo(time.now())
    await stopped
  }
  const close = () => {
    closed ??= end()
    return closed
  }

  return {
    ...as(tenant),
    as,
    now: time.now,
    advance: (delay) => time.runTo(time.now() + msOf(delay)),
    drain: () => time.runTo(time.now()),
    events: () => [...events],
    logs: () => [...log.lines],
    close,
    [Symbol.asyncDispose]: close,
  }
}
