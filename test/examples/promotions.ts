import { defineTask } from 'carillon'
import * as z from 'zod'

/** Promotes a release: one at a time for an environment, and at most three at once for a tenant. */
export const promote = defineTask('promote', {
  input: z.object({ environment: z.string(), release: z.string() }),
  gate: ({ environment }) => ({ key: `environment:${environment}` }),
  limit: { concurrency: 3 },
  priority: 'high',
  run: ({ input, log }) => log.info(`release ${input.release} goes to ${input.environment}`),
})
