import type { Route } from './route.ts'

/** Dead letters. */
export const deadLetterRoutes = [
  {
    operationId: 'listDeadLetters',
    method: 'GET',
    path: '/v1/dead-letters',
    scope: 'carillon/read',
    summary: 'List tasks that failed because their message became a dead letter, with its queue and the reason.',
  },
] as const satisfies readonly Route[]
