import type { Route } from './route.ts'

/** Bulk operations. */
export const operationRoutes = [
  {
    operationId: 'startOperation',
    method: 'POST',
    path: '/v1/operations',
    scope: 'carillon/write',
    summary: 'Cancel, redrive, reschedule, hold or make ready all tasks that match a filter, or count them.',
  },
  {
    operationId: 'listOperations',
    method: 'GET',
    path: '/v1/operations',
    scope: 'carillon/read',
    summary: 'List bulk operations, newest first.',
  },
  {
    operationId: 'getOperation',
    method: 'GET',
    path: '/v1/operations/{id}',
    scope: 'carillon/read',
    summary: 'Get the state and the progress of a bulk operation.',
  },
  {
    operationId: 'listResults',
    method: 'GET',
    path: '/v1/operations/{id}/tasks',
    scope: 'carillon/read',
    summary: 'List the tasks that a bulk operation has processed with the result of each, oldest first.',
  },
  {
    operationId: 'abortOperation',
    method: 'POST',
    path: '/v1/operations/{id}/abort',
    scope: 'carillon/write',
    summary: 'Stop a bulk operation before its next page. Tasks that it has changed stay changed.',
  },
] as const satisfies readonly Route[]
