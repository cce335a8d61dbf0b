import { join } from 'node:path'
import * as z from 'zod'
import { registryOf, type TaskType } from '../../core/define.ts'
import type { DurationMs } from '../../core/duration.ts'
import type { OnFailure } from '../../core/failure.ts'
import { DEFAULT_LANES, type Lanes } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { type LimitInput, readFarTasks, readLimit } from '../../core/reading/limit.ts'
import type { App } from '../../engine/app.ts'
import type { Log } from '../../engine/world.ts'
import { callIsolated } from '../node/attempts.ts'
import { localIds } from './clock.ts'
import { runLocal } from './run.ts'
import { listen } from './server.ts'
import { localLog, logOptions } from './telemetry.ts'
import { threadPool, withoutSchemas } from './threads/pool.ts'
import type { LocalWorld } from './world.ts'

/** Options of a local Carillon. */
export type LocalOptions = {
  /** The task types, made by `defineTask`. */
  readonly types: readonly TaskType[]
  /**
   * The module that exports `types`, as a `file:` URL. Its handlers then run in worker threads that import it too, so that an
   * endless loop of one blocks nothing else. Functions cannot be sent to a thread, so `types` alone run in this thread.
   *
   * @default the handlers run in this thread
   */
  readonly handlersUrl?: string
  /** The port of the API on loopback; 0 for any free one. @default 8080 */
  readonly port?: number
  /** The folder of the SQLite file. @default '.carillon' */
  readonly data?: string
  /** @default the lanes `high`, `normal`, `low` and `long` */
  readonly lanes?: Lanes
  /** The failure task of tasks that name none themselves: its type, or its type and input. @default no failure task */
  readonly onFailure?: OnFailure
  /** The limit of each tenant. @default without limit */
  readonly tenantLimit?: LimitInput
  /** How many open tasks of each tenant may be due more than 15 minutes ahead, about. @default 1,000,000 */
  readonly tenantFarTasks?: number
  /** How long finished tasks are kept. @default 30 days */
  readonly retentionMs?: DurationMs
  /** @default lines on stdout, at the level of `CARILLON_LOG` */
  readonly log?: Log
}

/** A running Carillon in this process. */
export type Local = {
  readonly url: string
  readonly app: App
  readonly world: LocalWorld
  /**
   * Stops: the signals of the running handlers fire, and they may finish within `graceMs` (default 10,000; its last second is
   * kept for writing). The others are interrupted, which counts neither as a failed attempt nor as a lost worker, and run
   * again at the next start.
   */
  readonly stop: (graceMs?: DurationMs) => Promise<void>
}

/**
 * Starts API, relay, executors and sweep in this process, and continues the open tasks in the folder.
 *
 * @throws Error when another process uses the folder or the port
 * @throws TypeError when two types have the same name, or when an `onFailure`, the `tenantLimit` or `tenantFarTasks` is invalid
 * @example
 * const carillon = await startLocal({ types: [greet], port: 0, data: '/tmp/greetings' })
 * const headers = { 'content-type': 'application/json' }
 * await fetch(`${carillon.url}/v1/tasks`, { method: 'POST', headers, body: '{"type":"greet","input":{"name":"Ada"}}' })
 * await carillon.stop()
 */
export const startLocal = async (options: LocalOptions): Promise<Local> => {
  const { types, onFailure, port = 8_080, data = '.carillon', lanes = DEFAULT_LANES, retentionMs = LIMITS.retentionMs } = options
  const log = options.log ?? localLog(logOptions(process.env))
  const registry = registryOf(types, onFailure)
  const threads = options.handlersUrl === undefined ? undefined : await threadPool(options.handlersUrl, log)
  const place = { environmentId: 'local', sole: localIds().next() }
  const app: App = {
    types: registry,
    lanes,
    retentionMs,
    callHandler: threads?.callHandler ?? callIsolated,
    ...(threads ? { heldUp: threads.heldUp } : {}),
    ...place,
    ...(onFailure ? { onFailure } : {}),
    ...(options.tenantLimit ? { tenantLimit: readLimit('tenantLimit', options.tenantLimit) } : {}),
    ...(options.tenantFarTasks === undefined ? {} : { tenantFarTasks: readFarTasks('tenantFarTasks', options.tenantFarTasks) }),
  }
  const executorTypes = threads ? withoutSchemas(registry, z.unknown()) : registry
  const running = await runLocal(app, join(data, 'carillon.db'), log, undefined, executorTypes).catch(async (error: unknown) => {
    await threads?.stop()
    throw error
  })
  const { world } = running
  const stop: typeof running.stop = async (...given) => {
    await running.stop(...given)
    await threads?.stop()
  }
  try {
    const server = await listen(world, app, port)
    return {
      url: `http://localhost:${server.port}`,
      app,
      world,
      stop: (graceMs = GRACE_MS) => stop(graceMs, server.close),
    }
  } catch (error) {
    await stop(0)
    throw error
  }
}

const GRACE_MS = 10_000
