import type { Route } from './route.ts'

/** Gates. */
export const gateRoutes = [
  {
    operationId: 'getGate',
    method: 'GET',
    path: '/v1/gates/{gate}',
    scope: 'carillon/read',
    summary: 'Get a gate with its limits, its holders and the start of its waitlist.',
  },
] as const satisfies readonly Route[]
