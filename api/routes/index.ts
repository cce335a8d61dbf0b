import { auditRoutes } from './audit.ts'
import { calendarRoutes } from './calendars.ts'
import { controlRoutes } from './controls.ts'
import { deadLetterRoutes } from './dead-letters.ts'
import { deploymentRoutes } from './deployment.ts'
import { gateRoutes } from './gates.ts'
import { operationRoutes } from './operations.ts'
import { seriesRoutes } from './series.ts'
import { taskTypeRoutes } from './task-types.ts'
import { taskRoutes } from './tasks.ts'

/**
 * All routes of the API, for the router, API Gateway, OpenAPI and the tests. The files in this folder are data without
 * imports, so that infrastructure code can read them. The endpoint of each route is in `api/endpoints.ts`.
 */
export const routes = [
  ...taskRoutes,
  ...operationRoutes,
  ...seriesRoutes,
  ...deadLetterRoutes,
  ...auditRoutes,
  ...taskTypeRoutes,
  ...controlRoutes,
  ...gateRoutes,
  ...calendarRoutes,
  ...deploymentRoutes,
] as const

/** The name of a route's endpoint. */
export type OperationId = (typeof routes)[number]['operationId']
