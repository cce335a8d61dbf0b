import * as z from 'zod'
import { listAudit } from './audit.ts'
import { limitScope, listControls, pauseScope, resumeScope } from './controls.ts'
import { getGate } from './gates.ts'
import { getHealth } from './health.ts'
import { type Endpoint, endpoint } from './http/endpoint.ts'
import { openApiOf } from './http/openapi.ts'
import { abortOperation, getOperation, listOperations, listResults, startOperation } from './operations.ts'
import type { OperationId } from './routes/index.ts'
import { cancelTask, holdTask, readyTask, redriveTask, rescheduleTask, resumeTask } from './tasks/commands.ts'
import { createTask, createTasks } from './tasks/create.ts'
import { explainTask } from './tasks/explain.ts'
import { getTask, hasTask, listAttempts } from './tasks/get.ts'
import { listDeadLetters, listTasks } from './tasks/list.ts'
import { listTaskTypes } from './tasks/types.ts'

/** `GET /v1/openapi.json`. Written at the first request for it: most processes are never asked. */
const getOpenApi = endpoint({
  answers: { 200: z.record(z.string(), z.unknown()) },
  run: async () => ({ status: 200, body: openApi() }),
})

/** What stands behind each line of the route table; the compiler sees that none is missing. */
export const endpoints: Readonly<Record<OperationId, Endpoint>> = {
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
  resumeTask,
  startOperation,
  listOperations,
  getOperation,
  listResults,
  abortOperation,
  listDeadLetters,
  listAudit,
  listTaskTypes,
  listControls,
  pauseScope,
  resumeScope,
  limitScope,
  getGate,
  getHealth,
  getOpenApi,
}

let written: Readonly<Record<string, unknown>> | undefined

/** The OpenAPI 3.1 description of the API. */
export const openApi = (): Readonly<Record<string, unknown>> => {
  written ??= openApiOf(endpoints)
  return written
}
