import type { Route } from './route.ts'

/** Limits and pauses of scopes. */
export const controlRoutes = [
  {
    operationId: 'listControls',
    method: 'GET',
    path: '/v1/controls',
    scope: 'carillon/read',
    summary: 'List the limited or paused scopes with limits, pauses, and the counts of tasks inside and waiting.',
  },
  {
    operationId: 'pauseScope',
    method: 'POST',
    path: '/v1/controls/{scope}/pause',
    scope: 'carillon/admin',
    summary: 'Stop the start of tasks in a tenant, type or lane until it is resumed. Running tasks continue.',
  },
  {
    operationId: 'resumeScope',
    method: 'POST',
    path: '/v1/controls/{scope}/resume',
    scope: 'carillon/admin',
    summary: 'End the pause of a scope.',
  },
  {
    operationId: 'limitScope',
    method: 'POST',
    path: '/v1/controls/{scope}/limit',
    scope: 'carillon/admin',
    summary: 'Limit the concurrency or the rate of a scope. Without limits, restore those of task types and deployment.',
  },
] as const satisfies readonly Route[]
