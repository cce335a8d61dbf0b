import type { Route } from './route.ts'

/** Task types. */
export const taskTypeRoutes = [
  {
    operationId: 'listTaskTypes',
    method: 'GET',
    path: '/v1/task-types',
    scope: 'carillon/read',
    summary: 'List task types with the JSON Schema of their input and their defaults.',
  },
] as const satisfies readonly Route[]
