import { type Delay, type Instant, registryOf, type TaskType } from '../core/define.ts'
import type { OnFailure } from '../core/failure.ts'
import { DEFAULT_LANES, type Lanes } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import { type LimitInput, readLimit } from '../core/reading/limit.ts'
import type { TaskEvent } from '../core/task/event.ts'
import type { App } from '../engine/app.ts'
import { runLocal } from '../worlds/local/run.ts'
import { callIsolated } from '../worlds/node/attempts.ts'
import { type Expectation, expectationOf } from './expect.ts'
import { idleDetector } from './idle-detector.ts'
import { type TenantClient, tenantClient } from './tenant-client.ts'
import { instantOf, type LogLine, msOf, recordingLog, START, testTime } from './time.ts'

export type { Expectation } from './expect.ts'
export { type HandlerOptions, type HandlerResult, runHandler } from './handler.ts'
export type { ApiResponse, Command, CreateOptions, TenantClient } from './tenant-client.ts'
export type { LogLine } from './time.ts'

/** Options of a test world. */
export type TestWorldOptions = {
  /** The task types, made by `defineTask`. */
  readonly types: readonly TaskType[]
  /** The failure task of tasks that name none themselves: its type, or its type and input. @default no failure task */
  readonly onFailure?: OnFailure
  /** The limit of each tenant, such as `{ concurrency: 5 }`. @default without limit */
  readonly tenantLimit?: LimitInput
  /** @default the lanes `high`, `normal`, `low` and `long` */
  readonly lanes?: Lanes
  /** The time at which the world begins: ISO 8601 with offset, or epoch milliseconds. @default '2026-01-05T09:00:00Z', a Monday */
  readonly start?: Instant | string
  /** The tenant of the tasks. @default 'test' */
  readonly tenant?: string
  /**
   * How long, in real time, the world waits for a running handler. After that it assumes that the handler waits for virtual
   * time, and lets time pass. @default a second
   */
  readonly idleAfter?: Delay
}

/** A tenant's part of a test world: a client of the API, and expectations. */
export type TestTenant = TenantClient & {
  /** @example await world.expectTask(id).toSucceed({ output: { sent: true } }) */
  readonly expectTask: (id: string) => Expectation
}

/** A Carillon in memory, with virtual time. */
export type TestWorld = TestTenant & {
  /** The virtual time, in epoch milliseconds. `Date` in a handler still returns the real time. */
  readonly now: () => Instant
  /** Lets this much time pass, and runs in order everything that becomes due. @example await world.advance('1h') */
  readonly advance: (delay: Delay) => Promise<void>
  /** Runs everything that is due now, without letting time pass. */
  readonly drain: () => Promise<void>
  /** The published lifecycle events, of types that publish them (`events: 'all'`). */
  readonly events: () => readonly TaskEvent[]
  /** The log lines of engine and handlers. */
  readonly logs: () => readonly LogLine[]
  /** The same world for another tenant. */
  readonly as: (tenant: string) => TestTenant
  /** Closes the world. It does not wait for handlers that still run. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * Starts a world in memory with the real engine: the same API, relay, executors, sweep and retries as on AWS. It is exact to
 * the millisecond, and no message or timer is lost, duplicated or late. A request is stored at once; its consequences happen
 * only when time passes, even when they are due at once.
 *
 * @example
 * await using world = await testWorld({ types: [greet] })
 * const id = await world.create(greet, { name: 'Ada' }, { delay: '1h' })
 * await world.advance('59m')
 * await world.expectTask(id).toBe('scheduled')
 * await world.expectTask(id).toSucceed({ output: 'Hello, Ada' })
 */
export const testWorld = async (options: TestWorldOptions): Promise<TestWorld> => {
  const {
    types,
    onFailure,
    lanes = DEFAULT_LANES,
    start = START,
    tenant = 'test',
    idleAfter = LIMITS.testHandlerWaitMs,
  } = options
  const handlers = idleDetector(msOf(idleAfter))
  const time = testTime(instantOf(start), handlers.settled)
  const log = recordingLog(time.now)
  const app: App = {
    types: registryOf(types, onFailure),
    lanes,
    retentionMs: LIMITS.retentionMs,
    environmentId: 'test',
    callHandler: handlers.observed(callIsolated),
    ...(onFailure ? { onFailure } : {}),
    ...(options.tenantLimit ? { tenantLimit: readLimit('tenantLimit', options.tenantLimit) } : {}),
  }
  const { world, stop } = await runLocal(app, ':memory:', log, time)
  const events: TaskEvent[] = []
  world.bus.listen((event) => void events.push(event))

  /** No handler runs, no change, message or timer is pending, and no open task has a wake-up. */
  const isIdle = (): boolean => {
    if (handlers.count() + world.store.backlog().changeCount + world.queue.count() + world.timers.count() > 0) return false
    return [...world.store.openTasks()].every(({ dueAt, lease }) => dueAt === undefined && lease === undefined)
  }

  const as = (name: string): TestTenant => {
    const client = tenantClient(world, app, name)
    return { ...client, expectTask: (id) => expectationOf({ client, time, lines: log.lines, isIdle }, id) }
  }

  let closed: Promise<void> | undefined
  const end = async (): Promise<void> => {
    const stopped = stop(0)
    // `stop(0)` waits at most this long, in virtual time.
    await time.runTo(time.now() + LIMITS.stopCommitMs)
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
