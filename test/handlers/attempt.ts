import type { z } from 'zod'
import type { Context, TaskType } from '../../core/define.ts'
import { failedBy, type HandlerResult, resultOf } from '../../engine/execute/outcome.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** Runs one attempt of a task type and reads its result by the rules of the engine: an unknown result is a failure. */
export const attempt = async <Schema extends z.ZodType>(
  type: TaskType<Schema>,
  input: z.input<Schema>,
  more: Partial<Context<unknown>> = {},
): Promise<HandlerResult> => {
  const at = Date.UTC(2026, 10, 21)
  const context = {
    task: { id: 'task-1', tenant: 'acme', type: type.name, createdAt: at, notBefore: at, tags: [] },
    attempt: 1,
    signal: new AbortController().signal,
    log: silent,
    heartbeat: async () => {},
    idempotencyKey: 'carillon-task-1',
    ...more,
    input: type.input.parse(input),
  }
  try {
    return resultOf(await type.run(context))
  } catch (error) {
    return failedBy(error)
  }
}
