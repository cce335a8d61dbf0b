import * as z from 'zod'
import { listAttempts } from './attempts.ts'
import { listAudit } from './audit.ts'
import { createTasks } from './batch.ts'
import { cancelTask } from './cancel.ts'
import { holdTask, readyTask, redriveTask, rescheduleTask, resumeTask } from './command.ts'
import { limitScope, listControls, pauseScope, resumeScope } from './controls.ts'
import { createTask } from './create.ts'
import { listDeadLetters } from './dead-letters.ts'
import { explainTask } from './explain.ts'
import { getGate } from './gates.ts'
import { getTask, hasTask } from './get.ts'
import { getHealth } from './health.ts'
import { listTasks } from './list.ts'
import { openApiOf } from './openapi.ts'
import { type Operation, operation } from './operation.ts'
import { abortOperation } from './operations-abort.ts'
import { getOperation } from './operations-get.ts'
import { listOperations, listTold } from './operations-list.ts'
import { startOperation } from './operations-start.ts'
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
  resumeTask,
  startOperation,
  listOperations,
  getOperation,
  listTold,
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
  written ??= openApiOf(operations)
  return written
}
