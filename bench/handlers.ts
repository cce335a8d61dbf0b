import * as z from 'zod'
import { defineTask } from '../core/define.ts'

/** The task type of the measured server: a task that runs for `forMs`. */
export const types = [
  defineTask('nap', {
    input: z.object({ forMs: z.number() }),
    run: ({ input }) => new Promise<void>((resolve) => void setTimeout(resolve, input.forMs)),
  }),
]
