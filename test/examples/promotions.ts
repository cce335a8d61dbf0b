import { defineTask } from 'carillon'
import * as z from 'zod'

/** Copies an environment: never two at once to the same one, and not more than three at once for a tenant. */
export const promote = defineTask('promote', {
  input: z.object({ environment: z.string(), release: z.string() }),
  gate: ({ environment }) => ({ key: `environment:${environment}` }),
  limit: { concurrency: 3 },
  priority: 'high',
  run: ({ input, log }) => log.info(`release ${input.release} goes to ${input.environment}`),
})
