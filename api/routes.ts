import type { Scope } from './http/request.ts'

/** One line of the route table. A segment in braces is a parameter. */
export type Route = {
  readonly operationId: string
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly path: string
  /** What the caller must at least be allowed to. */
  readonly scope: Scope
  readonly summary: string
}

/**
 * Every call of the API: the one table behind the router, API Gateway's routes, OpenAPI and the tests. It is data and
 * imports nothing, so that infrastructure code can read it; what each call takes, answers and does stands in `operations.ts`.
 */
export const routes = [
  {
    operationId: 'createTask',
    method: 'POST',
    path: '/v1/tasks',
    scope: 'carillon/write',
    summary: 'Create a task: a type, an input and a time',
  },
  {
    operationId: 'createTasks',
    method: 'POST',
    path: '/v1/tasks/batch',
    scope: 'carillon/write',
    summary: 'Create up to 100 tasks; each entry has its own answer, and one bad entry does not stop the others',
  },
  {
    operationId: 'listTasks',
    method: 'GET',
    path: '/v1/tasks',
    scope: 'carillon/read',
    summary: 'List tasks, newest time first',
  },
  {
    operationId: 'getTask',
    method: 'GET',
    path: '/v1/tasks/{id}',
    scope: 'carillon/read',
    summary: 'The task with its input, output, last error and history',
  },
  {
    operationId: 'hasTask',
    method: 'HEAD',
    path: '/v1/tasks/{id}',
    scope: 'carillon/read',
    summary: 'Does the task exist?',
  },
  {
    operationId: 'listAttempts',
    method: 'GET',
    path: '/v1/tasks/{id}/attempts',
    scope: 'carillon/read',
    summary: 'How the task has been run: each attempt with its time, worker, outcome and error, the newest first',
  },
  {
    operationId: 'explainTask',
    method: 'GET',
    path: '/v1/tasks/{id}/explain',
    scope: 'carillon/read',
    summary: 'Why has the task not run, or why did it end so: ordered reasons, and when the next change is due',
  },
  {
    operationId: 'readyTask',
    method: 'POST',
    path: '/v1/tasks/{id}/ready',
    scope: 'carillon/write',
    summary: 'Let a pending task run at its time, or at another one',
  },
  {
    operationId: 'holdTask',
    method: 'POST',
    path: '/v1/tasks/{id}/hold',
    scope: 'carillon/write',
    summary: 'Keep a scheduled task from running until it is made ready',
  },
  {
    operationId: 'rescheduleTask',
    method: 'POST',
    path: '/v1/tasks/{id}/reschedule',
    scope: 'carillon/write',
    summary: 'Give a scheduled task another time',
  },
  {
    operationId: 'cancelTask',
    method: 'POST',
    path: '/v1/tasks/{id}/cancel',
    scope: 'carillon/write',
    summary: 'Cancel a task; a running one is asked to stop. The answer says what happened',
  },
  {
    operationId: 'redriveTask',
    method: 'POST',
    path: '/v1/tasks/{id}/redrive',
    scope: 'carillon/write',
    summary: 'Run a failed, conflicted, expired or cancelled task again, now, with all its attempts',
  },
  {
    operationId: 'resumeTask',
    method: 'POST',
    path: '/v1/tasks/{id}/resume',
    scope: 'carillon/write',
    summary: 'Wake a waiting task: what it waits for has come',
  },
  {
    operationId: 'startOperation',
    method: 'POST',
    path: '/v1/operations',
    scope: 'carillon/write',
    summary: 'Cancel, redrive, reschedule, hold or make ready every task that fits a filter, or count them',
  },
  {
    operationId: 'listOperations',
    method: 'GET',
    path: '/v1/operations',
    scope: 'carillon/read',
    summary: 'List operations, newest first',
  },
  {
    operationId: 'getOperation',
    method: 'GET',
    path: '/v1/operations/{id}',
    scope: 'carillon/read',
    summary: 'How far an operation has come',
  },
  {
    operationId: 'listResults',
    method: 'GET',
    path: '/v1/operations/{id}/tasks',
    scope: 'carillon/read',
    summary: 'What an operation has told which tasks, and what came of it, in that order',
  },
  {
    operationId: 'abortOperation',
    method: 'POST',
    path: '/v1/operations/{id}/abort',
    scope: 'carillon/write',
    summary: 'End an operation before its next page; what it has touched stays touched',
  },
  {
    operationId: 'listDeadLetters',
    method: 'GET',
    path: '/v1/dead-letters',
    scope: 'carillon/read',
    summary: 'List tasks that failed because what was to wake them died, with where and why',
  },
  {
    operationId: 'listAudit',
    method: 'GET',
    path: '/v1/audit',
    scope: 'carillon/admin',
    summary: 'Who commanded what, newest first',
  },
  {
    operationId: 'listTaskTypes',
    method: 'GET',
    path: '/v1/task-types',
    scope: 'carillon/read',
    summary: 'What can be done: task types with the JSON Schema of their input and their defaults',
  },
  {
    operationId: 'listControls',
    method: 'GET',
    path: '/v1/controls',
    scope: 'carillon/read',
    summary:
      'What is limited or paused: each scope with its terms, who has paused it and why, and how many are inside and waiting',
  },
  {
    operationId: 'pauseScope',
    method: 'POST',
    path: '/v1/controls/{scope}/pause',
    scope: 'carillon/admin',
    summary: 'Let no task of the tenant, of a type or of a lane start until it is resumed; what runs goes on',
  },
  {
    operationId: 'resumeScope',
    method: 'POST',
    path: '/v1/controls/{scope}/resume',
    scope: 'carillon/admin',
    summary: 'Let what a pause has stopped go on',
  },
  {
    operationId: 'limitScope',
    method: 'POST',
    path: '/v1/controls/{scope}/limit',
    scope: 'carillon/admin',
    summary: 'Let only so many run at once or start in a period; without terms, as many as types and deployment say',
  },
  {
    operationId: 'getGate',
    method: 'GET',
    path: '/v1/gates/{gate}',
    scope: 'carillon/read',
    summary: 'A gate: its terms, who is inside, and the first of its line',
  },
  {
    operationId: 'getHealth',
    method: 'GET',
    path: '/v1/health',
    scope: 'carillon/read',
    summary: 'Versions, lanes and the age of the backlog',
  },
  {
    operationId: 'getOpenApi',
    method: 'GET',
    path: '/v1/openapi.json',
    scope: 'carillon/read',
    summary: 'This description',
  },
] as const satisfies readonly Route[]

/** The name of a call. */
export type OperationId = (typeof routes)[number]['operationId']
