import * as z from 'zod'
import { DURATION_FORM, formatDuration, parseDuration } from '../duration.ts'
import { parseInstant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal } from '../refusal.ts'
import { readRetry } from '../retry.ts'
import { ONE_LINE } from './names.ts'
import { show } from './say.ts'

/** A time on wires: ISO 8601 with offset in, epoch milliseconds out. */
export const instantField = z
  .string()
  .transform((text, context) => {
    const at = parseInstant(text)
    if (at !== undefined) return at
    const message = `${show(text)}; it must be an ISO 8601 time with offset, such as "2030-01-31T20:00:00Z" or "2030-01-31T21:00:00.250+01:00"`
    context.addIssue({ code: 'custom', message, input: text })
    return z.NEVER
  })
  .meta({ format: 'date-time', examples: ['2030-01-31T20:00:00Z'] })

/** A duration on wires: text such as `"90s"` in, milliseconds out, within bounds. */
export const durationField = (leastMs: number, mostMs: number) =>
  z
    .string()
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== undefined && ms >= leastMs && ms <= mostMs) return ms
      const range = `from ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`
      context.addIssue({ code: 'custom', message: `${show(text)}; it must be ${DURATION_FORM}, ${range}`, input: text })
      return z.NEVER
    })
    .meta({ pattern: '^(\\d{1,12}(ms|s|m|h|d))+$', examples: ['90s', '5m', '1h30m'] })

/** A retry policy as people write it. */
export const retryShape = z.strictObject({
  policy: z.enum(['none', 'fixed', 'exponential']),
  wait: z
    .string()
    .optional()
    .meta({ description: 'Before the second attempt; default 5s.', examples: ['5s'] }),
  maxWait: z
    .string()
    .optional()
    .meta({ description: 'Exponential only: no wait is longer; default 10m.', examples: ['10m'] }),
  attempts: z.number().optional().meta({
    type: 'integer',
    minimum: 1,
    maximum: LIMITS.attemptsCount,
    description: 'The most that may be made, the first one included; default 3.',
  }),
})

/** A retry policy, written in, a value out. */
export const retryField = retryShape.transform((written, context) => {
  const retry = readRetry(written)
  if (!isRefusal(retry)) return retry
  context.addIssue({ code: 'custom', message: retry.message, path: (retry.path ?? '').split('/').slice(1), input: written })
  return z.NEVER
})

/** A name of something registered: whether it is known, the step says, which knows what is. */
export const nameField = z.string().min(1).max(LIMITS.typeCount)

/** One tag. */
export const tagField = z.string().min(1).max(LIMITS.tagCount).regex(ONE_LINE)
