import { defineTask } from 'carillon'
import * as z from 'zod'

/** At most one open reminder for each invoice; a reminder expires an hour after its time. */
export const remind = defineTask('remind', {
  input: z.object({ invoice: z.string(), text: z.string() }),
  unique: { by: ['type', '/invoice'], onDuplicate: { replace: ['input', 'notBefore'] } },
  expiresAfter: '1h',
  run: ({ input, log }) => log.info(input.text, { invoice: input.invoice }),
})
