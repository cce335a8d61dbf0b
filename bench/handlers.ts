import * as z from 'zod'
import { defineTask } from '../core/define.ts'

/** What the measured server can do: a task that takes as long as it is told. */
export const types = [
  defineTask('nap', {
    input: z.object({ forMs: z.number() }),
    run: ({ input }) => new Promise<void>((resolve) => void setTimeout(resolve, input.forMs)),
  }),
]
