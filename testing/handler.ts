import type * as z from 'zod'
import type { Delay, Json, Progress, TaskType } from '../core/define.ts'
import { LIMITS } from '../core/limits.ts'
import { claimOf } from '../core/task/command.ts'
import { decideTask } from '../core/task/decide.ts'
import { eventNameOf, type TaskEventName } from '../core/task/event.ts'
import { settle } from '../core/task/outcome.ts'
import { fitProgress } from '../core/task/progress.ts'
import type { TaskError } from '../core/task/row.ts'
import { attempt as attemptAt } from '../engine/execute/execute.ts'
import { loadPayload } from '../engine/payload.ts'
import { localClock } from '../worlds/local/clock.ts'
import { memoryStore } from '../worlds/memory/store.ts'
import { accepted, claimedTask, isolatedWorld, singleTypeApp, stoppedClock } from './single-handler.ts'
import { type LogLine, msOf, recordingLog } from './time.ts'

/** How a handler is run: the values in its context, its signal and its timeout. */
export type HandlerOptions = {
  /** The number of the attempt. @default 1 */
  readonly attempt?: number
  /** @default 'test' */
  readonly tenant?: string
  readonly tags?: readonly string[]
  /** @default made from the task's id, as in a deployment */
  readonly idempotencyKey?: string
  /** Aborting it fires the handler's signal, as a request to cancel the task does. */
  readonly signal?: AbortSignal
  /** How long the handler may run, in real time. @default without limit */
  readonly timeout?: Delay
}

/** The result of running a handler. */
export type HandlerResult = {
  /**
   * The outcome for the task: `succeeded`, `retried` (another attempt follows), `failed` (no attempt follows), `snoozed`,
   * `waiting`, `conflicted`, or `cancelled` (the handler stopped because cancelling was requested).
   */
  readonly outcome: TaskEventName
  readonly output?: Json
  readonly error?: TaskError
  /** Time until the task's next wake-up: the wait of its retry policy, or the delay that the handler asked for. */
  readonly delayMs?: number
  /** The last progress that the handler reported. */
  readonly progress?: Progress
  /** Log lines of the handler. */
  readonly logs: readonly LogLine[]
}

/**
 * Runs one handler alone, as an executor runs an attempt: the type's schema reads the input, and the handler's answer or
 * error is turned into the outcome for the task. Nothing is stored, and no virtual time passes. An input that does not
 * match the schema has the outcome `failed` with the error `InvalidInput`, as for a task created before a schema change.
 *
 * @throws TypeError when the type's timeout is too long, or the input too large
 * @example
 * const { outcome, output } = await runHandler(greet, { name: 'Ada' }, { attempt: 3 })
 */
export const runHandler = async <Schema extends z.ZodType>(
  type: TaskType<Schema>,
  input: z.input<Schema>,
  options: HandlerOptions = {},
): Promise<HandlerResult> => {
  const { attempt = 1, tenant = 'test', tags = [], timeout, signal } = options
  const clock = timeout === undefined ? stoppedClock : localClock
  const log = recordingLog(clock.now)
  const store = memoryStore(':memory:')
  try {
    const world = isolatedWorld(store, log, clock)
    let progress: Progress | undefined
    const observed = observe(type as TaskType, options, (reported) => {
      progress = reported
    })
    const app = singleTypeApp(observed)
    const fields = { input: input as Json, attempt, tenant, tags, ...(timeout === undefined ? {} : { timeoutMs: msOf(timeout) }) }
    const row = await claimedTask(world, app, observed, fields)
    const result = await attemptAt(world, app, row)
    const now = signal?.aborted ? { ...row, cancelRequested: true as const } : row
    const command = settle(now, claimOf(row), result, { at: row.updatedAt, by: 'worker:test' }, LIMITS.retentionMs)
    const next = accepted(decideTask(row, now, command))
    const output = next.output && (await loadPayload(world, next, next.output))
    return {
      outcome: eventNameOf(now, next) as TaskEventName,
      ...(output === undefined ? {} : { output }),
      ...(next.error ? { error: next.error } : {}),
      ...(next.dueAt === undefined ? {} : { delayMs: next.dueAt - row.updatedAt }),
      ...(progress ? { progress } : {}),
      logs: log.lines,
    }
  } finally {
    store.close()
  }
}

/** The type with a handler whose context has the values of the options, and whose progress is reported to `onProgress`. */
const observe = (
  type: TaskType,
  { idempotencyKey, signal }: HandlerOptions,
  onProgress: (progress: Progress) => void,
): TaskType => ({
  ...type,
  run: (context) =>
    type.run({
      ...context,
      heartbeat: async (progress) => {
        await context.heartbeat(progress)
        if (progress !== undefined) onProgress(fitProgress(progress).progress)
      },
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(signal ? { signal: AbortSignal.any([context.signal, signal]) } : {}),
    }),
})
