import * as z from 'zod'
import { parseDuration } from '../duration.ts'
import { LIMITS } from '../limits.ts'
import { durationField } from '../reading/fields.ts'
import type { Recurring, Setting } from './form.ts'

/** `{rate: "15m"}`: elapsed time from the anchor, so 30 minutes stay 30 minutes through a change of the clocks. */
export type Rate = { readonly rate: string }

const periodField = durationField(LIMITS.ratePeriodMs, LIMITS.horizonMs)

/** The written form of a rate. It stays a text on the row. */
export const rateField = z
  .string()
  .superRefine((text, context) => {
    const { error } = periodField.safeParse(text)
    for (const { message } of error?.issues ?? []) context.addIssue({ code: 'custom', message, input: text })
  })
  .meta({
    description: 'Elapsed time between occurrences. The first one is at startAt, or when the series is created.',
    examples: ['15m'],
  })

/** The occurrences of a rate: the anchor, and then one after each period. */
export const recurByRate = ({ rate }: Rate, { anchor }: Setting): Recurring => {
  const period = parseDuration(rate) ?? Number.NaN
  const nextInstant = (after: number) => (after < anchor ? anchor : anchor + (Math.floor((after - anchor) / period) + 1) * period)
  return { sort: 'elapsed', nextInstant, period }
}
