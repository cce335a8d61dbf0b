import * as z from 'zod'
import type { TaskType } from '../../core/define.ts'
import { defined } from '../../core/defined.ts'
import { formatDuration } from '../../core/duration.ts'
import { DEFAULT_LANE } from '../../core/lanes.ts'
import { writeTypeLimit } from '../../core/reading/limit.ts'
import { writeRetry } from '../../core/retry/format.ts'
import { DEFAULT_RETRY } from '../../core/retry/policy.ts'
import { writeUnique } from '../../core/unique/policy.ts'
import type { App } from '../../engine/app.ts'
import { endpoint } from '../http/endpoint.ts'
import { type TaskTypeView, taskTypeList } from '../schemas/deployment.ts'

/** `GET /v1/task-types` */
export const listTaskTypes = endpoint({
  answers: { 200: taskTypeList },
  run: async ({ app }) => ({ status: 200, body: { items: [...app.types.values()].map((type) => viewOf(app, type)) } }),
})

const viewOf = (app: App, type: TaskType): TaskTypeView => {
  const { lane = DEFAULT_LANE, onFailure = app.onFailure } = type
  return {
    name: type.name,
    ...(type.description ? { description: type.description } : {}),
    version: type.version ?? 1,
    input: inputSchema(type.input),
    timeout: formatDuration(type.timeoutMs ?? app.lanes[lane]?.handlerTimeoutMs ?? 0),
    retry: writeRetry(type.retry ?? DEFAULT_RETRY),
    lane,
    ...(onFailure ? { onFailure: onFailure as TaskTypeView['onFailure'] } : {}),
    ...defined({ failureField: type.failureField }),
    ...(type.expiresAfterMs === undefined ? {} : { expiresAfter: formatDuration(type.expiresAfterMs) }),
    ...(type.unique ? { unique: writeUnique(type.unique) } : {}),
    ...(type.limit ? { limit: writeTypeLimit(type.limit) } : {}),
    ...defined({ priority: type.priority }),
    events: type.events ?? 'none',
  }
}

/** The JSON Schema of the input. A transform or a refinement, which JSON Schema cannot express, is left open. */
const inputSchema = (schema: z.ZodType): Record<string, unknown> =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>
