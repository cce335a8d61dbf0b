import { defineTask } from 'carillon'
import * as z from 'zod'

/** One reminder for each invoice at a time; none later than an hour after its time. */
export const remind = defineTask('remind', {
  input: z.object({ invoice: z.string(), text: z.string() }),
  unique: { by: ['type', '/invoice'], onDuplicate: { replace: ['input', 'notBefore'] } },
  expiresAfter: '1h',
  run: ({ input, log }) => log.info(input.text, { invoice: input.invoice }),
})
