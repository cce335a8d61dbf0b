import * as z from 'zod'
import { type Instant, parseInstant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { instantField } from '../reading/fields.ts'
import type { Recurring } from './form.ts'

/** `{at: ["2030-01-31T20:00:00Z"]}`: these times, in any order. Equal times are one occurrence. */
export type At = { readonly at: readonly string[] }

/** The written form of single times. They stay texts on the row. */
export const atField = z
  .array(
    z.string().superRefine((text, context) => {
      const { error } = instantField.safeParse(text)
      for (const { message } of error?.issues ?? []) context.addIssue({ code: 'custom', message, input: text })
    }),
  )
  .min(1)
  .max(LIMITS.recurrenceTimesCount)
  .meta({ description: 'Single times, ISO 8601 with offset.', examples: [['2030-01-31T20:00:00Z', '2030-06-30T20:00:00Z']] })

/** The occurrences at single times. */
export const recurAt = ({ at }: At): Recurring => {
  const times = at.map((text) => parseInstant(text) as Instant).toSorted((a, b) => a - b)
  return { sort: 'elapsed', nextInstant: (after) => times.find((time) => time > after) }
}
