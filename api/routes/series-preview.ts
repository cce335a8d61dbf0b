import type { Route } from './route.ts'

/** The preview of a series that need not exist. */
export const seriesPreviewRoutes = [
  {
    operationId: 'previewSeries',
    method: 'POST',
    path: '/v1/series/preview',
    scope: 'carillon/read',
    summary: 'List the times at which a series with this recurrence would run, with a reason beside each odd one.',
  },
] as const satisfies readonly Route[]
