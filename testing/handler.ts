import type * as z from 'zod'
import type { Delay, Json, Progress, TaskType } from '../core/define.ts'
import { LIMITS } from '../core/limits.ts'
import { claimOf } from '../core/task/command.ts'
import { decide } from '../core/task/decide.ts'
import { happened, type TaskEventName } from '../core/task/event.ts'
import { settle } from '../core/task/outcome.ts'
import type { TaskError } from '../core/task/row.ts'
import { attempt as attemptAt } from '../engine/execute/execute.ts'
import { loadPayload } from '../engine/payload.ts'
import { localClock } from '../worlds/local/clock.ts'
import { memoryStore } from '../worlds/memory/store.ts'
import { keptLog, type LogLine } from './log.ts'
import { agreed, appOf, started, still, worldOf } from './single-handler.ts'
import { msOf } from './time.ts'

/** How a handler is run: what it finds in its context, and what happens to it meanwhile. */
export type HandlerOptions = {
  /** Which attempt this is. @default 1 */
  readonly attempt?: number
  /** @default 'test' */
  readonly tenant?: string
  readonly tags?: readonly string[]
  /** @default one that is made from the task's id, as always */
  readonly idempotencyKey?: string
  /** Fires the handler's signal, as a request to cancel its task does. */
  readonly signal?: AbortSignal
  /** How long it may take, in real time. @default as long as it likes */
  readonly timeout?: Delay
}

/** What came of running a handler. */
export type Handled = {
  /**
   * What becomes of the task: `succeeded`, `retried` (there will be another attempt), `failed` (there will be none),
   * `snoozed`, `waiting`, `conflicted`, or `cancelled` (it did not finish, having been told to stop).
   */
  readonly outcome: TaskEventName
  readonly output?: Json
  readonly error?: TaskError
  /** When the task is woken again, counted from now: after its retry policy's wait, or the delay that the handler asked for. */
  readonly delayMs?: number
  /** The last that the handler has said of its progress. */
  readonly progress?: Progress
  /** What the handler has logged. */
  readonly logs: readonly LogLine[]
}

/**
 * Runs one handler alone, as an executor runs an attempt: the type's schema reads the input, and the answer or the error
 * becomes what would become of the task. Nothing is kept, and no time passes by itself. An input that does not fit is
 * the outcome `failed` with the error `InvalidInput`, as for a task that was made before its schema changed.
 *
 * @throws TypeError when there can be no task of this type (its timeout is too long) or with this input (it is too large)
 * @example
 * const { outcome, output } = await runHandler(greet, { name: 'Ada' }, { attempt: 3 })
 */
export const runHandler = async <Schema extends z.ZodType>(
  type: TaskType<Schema>,
  input: z.input<Schema>,
  options: HandlerOptions = {},
): Promise<Handled> => {
  const { attempt = 1, tenant = 'test', tags = [], timeout, signal } = options
  const clock = timeout === undefined ? still : localClock
  const log = keptLog(clock.now)
  const store = memoryStore(':memory:')
  try {
    const world = worldOf(store, log, clock)
    let progress: Progress | undefined
    const rigged = rig(type as TaskType, options, (said) => {
      progress = said
    })
    const app = appOf(rigged)
    const about = { input: input as Json, attempt, tenant, tags, ...(timeout === undefined ? {} : { timeoutMs: msOf(timeout) }) }
    const row = await started(world, app, rigged, about)
    const result = await attemptAt(world, app, row)
    const now = signal?.aborted ? { ...row, cancelRequested: true as const } : row
    const command = settle(now, claimOf(row), result, { at: row.updatedAt, by: 'worker:test' }, LIMITS.retentionMs)
    const next = agreed(decide(row, now, command))
    const output = next.output && (await loadPayload(world, next, next.output))
    return {
      outcome: happened(now, next) as TaskEventName,
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

/** The type, whose handler finds in its context what the options say, and whose progress is heard. */
const rig = (type: TaskType, { idempotencyKey, signal }: HandlerOptions, hear: (progress: Progress) => void): TaskType => ({
  ...type,
  run: (context) =>
    type.run({
      ...context,
      heartbeat: async (progress) => {
        await context.heartbeat(progress)
        if (progress) hear(progress)
      },
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(signal ? { signal: AbortSignal.any([context.signal, signal]) } : {}),
    }),
})
