import * as z from 'zod'
import { listAttempts } from './attempts.ts'
import { createTasks } from './batch.ts'
import { cancelTask } from './cancel.ts'
import { holdTask, readyTask, redriveTask, rescheduleTask } from './command.ts'
import { createTask } from './create.ts'
import { explainTask } from './explain.ts'
import { getTask, hasTask } from './get.ts'
import { getHealth } from './health.ts'
import { listTasks } from './list.ts'
import { openApiOf } from './openapi.ts'
import { type Operation, operation } from './operation.ts'
import type { OperationId } from './routes.ts'
import { listTaskTypes } from './types.ts'

/** `GET /v1/openapi.json`. Written at the first request for it: most processes are never asked. */
const getOpenApi = operation({
  answers: { 200: z.record(z.string(), z.unknown()) },
  run: async () => ({ status: 200, body: openApi() }),
})

/** What stands behind each line of the route table; the compiler sees that none is missing. */
export const operations: Readonly<Record<OperationId, Operation>> = {
  createTask,
  createTasks,
  listTasks,
  getTask,
  hasTask,
  listAttempts,
  explainTask,
  readyTask,
  holdTask,
  rescheduleTask,
  cancelTask,
  redriveTask,
  listTaskTypes,
  getHealth,
  getOpenApi,
}

let written: Readonly<Record<string, unknown>> | undefined

/** The OpenAPI 3.1 description of the API. */
export const openApi = (): Readonly<Record<string, unknown>> => {
  written ??= openApiOf(operations)
  return written
}
