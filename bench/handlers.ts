import * as z from 'zod'
import { defineTask } from '../core/define.ts'

/** The task types of the measured servers: a task that does nothing, and one that runs for `forMs`. */
export const types = [
  defineTask('nothing', { input: z.object({}), run: () => {} }),
  defineTask('nap', {
    input: z.object({ forMs: z.number() }),
    run: ({ input }) => new Promise<void>((resolve) => void setTimeout(resolve, input.forMs)),
  }),
]
