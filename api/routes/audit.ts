import type { Route } from './route.ts'

/** The audit. */
export const auditRoutes = [
  {
    operationId: 'listAudit',
    method: 'GET',
    path: '/v1/audit',
    scope: 'carillon/admin',
    summary: 'List the commands of callers, newest first.',
  },
] as const satisfies readonly Route[]
