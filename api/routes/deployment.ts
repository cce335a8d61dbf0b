import type { Route } from './route.ts'

/** The deployment itself: its health and its API description. */
export const deploymentRoutes = [
  {
    operationId: 'getHealth',
    method: 'GET',
    path: '/v1/health',
    scope: 'carillon/read',
    summary: 'Get versions, lanes and the age of the backlog.',
  },
  {
    operationId: 'getOpenApi',
    method: 'GET',
    path: '/v1/openapi.json',
    scope: 'carillon/read',
    summary: 'Get this description of the API.',
  },
] as const satisfies readonly Route[]
