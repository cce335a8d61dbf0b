import * as z from 'zod'
import { listAudit } from './audit.ts'
import { deleteCalendar, getCalendar, listCalendars, putCalendar } from './calendars.ts'
import { limitScope, listControls, pauseScope, resumeScope } from './controls.ts'
import { getGate } from './gates.ts'
import { getHealth } from './health.ts'
import { type Endpoint, endpoint } from './http/endpoint.ts'
import { openApiOf } from './http/openapi.ts'
import { abortOperation, getOperation, listOperations, listResults, startOperation } from './operations.ts'
import type { OperationId } from './routes/index.ts'
import { backfillSeries, deleteSeries, pauseSeries, resumeSeries, triggerSeries } from './series/commands.ts'
import { createSeries, patchSeries, putSeries } from './series/define.ts'
import { explainSeries, getSeries, listOccurrences, listSeries, nextOccurrences } from './series/get.ts'
import { previewSeries } from './series/preview.ts'
import { cancelTask, holdTask, readyTask, redriveTask, rescheduleTask, resumeTask } from './tasks/commands.ts'
import { createTask, createTasks } from './tasks/create.ts'
import { explainTask } from './tasks/explain.ts'
import { getTask, hasTask, listAttempts } from './tasks/get.ts'
import { listDeadLetters, listTasks } from './tasks/list.ts'
import { listTaskTypes } from './tasks/types.ts'

/** `GET /v1/openapi.json`. The document is built at the first request, because most processes never serve it. */
const getOpenApi = endpoint({
  answers: { 200: z.record(z.string(), z.unknown()) },
  run: async () => ({ status: 200, body: openApi() }),
})

/** The endpoint of each route; the type makes a missing one an error. */
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
  createSeries,
  listSeries,
  putSeries,
  getSeries,
  patchSeries,
  deleteSeries,
  pauseSeries,
  resumeSeries,
  triggerSeries,
  backfillSeries,
  nextOccurrences,
  listOccurrences,
  explainSeries,
  listDeadLetters,
  listAudit,
  listTaskTypes,
  listControls,
  pauseScope,
  resumeScope,
  limitScope,
  getGate,
  previewSeries,
  listCalendars,
  getCalendar,
  putCalendar,
  deleteCalendar,
  getHealth,
  getOpenApi,
}

let built: Readonly<Record<string, unknown>> | undefined

/** The OpenAPI 3.1 description of the API. */
export const openApi = (): Readonly<Record<string, unknown>> => {
  built ??= openApiOf(endpoints)
  return built
}
