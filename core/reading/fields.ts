import * as z from 'zod'
import { DURATION_FORM, formatDuration, parseDuration } from '../duration.ts'
import { parseInstant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal } from '../refusal.ts'
import { RETRY_POLICIES, readRetry } from '../retry/format.ts'
import { show } from './messages.ts'
import { ONE_LINE } from './names.ts'

/** Reads a time: ISO 8601 with offset in, epoch milliseconds out. */
export const instantField = z
  .string()
  .meta({ format: 'date-time', examples: ['2030-01-31T20:00:00Z'] })
  .transform((text, context) => {
    const at = parseInstant(text)
    if (at !== undefined) return at
    const message = `${show(text)}; it must be an ISO 8601 time with offset, such as "2030-01-31T20:00:00Z" or "2030-01-31T21:00:00.250+01:00"`
    context.addIssue({ code: 'custom', message, input: text })
    return z.NEVER
  })

/** Reads a duration within bounds: text such as `"90s"` in, milliseconds out. */
export const durationField = (leastMs: number, mostMs: number) =>
  z
    .string()
    .meta({ pattern: '^(\\d{1,12}(ms|s|m|h|d))+$', examples: ['90s', '5m', '1h30m'] })
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== undefined && ms >= leastMs && ms <= mostMs) return ms
      const range = `from ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`
      context.addIssue({ code: 'custom', message: `${show(text)}; it must be ${DURATION_FORM}, ${range}`, input: text })
      return z.NEVER
    })

/** The written form of a retry policy. */
export const retryShape = z.strictObject({
  policy: z.enum(RETRY_POLICIES),
  wait: z
    .string()
    .optional()
    .meta({
      description:
        'fixed, exponential: the wait before the second attempt, default 5s. job-queue: the rerun delay, up to 1h, default 0s.',
      examples: ['5s'],
    }),
  maxWait: z
    .string()
    .optional()
    .meta({ description: 'exponential: the longest wait, default 10m.', examples: ['10m'] }),
  waits: z
    .array(z.string())
    .optional()
    .meta({
      description: 'waits: the wait before each further attempt, in order; the last one repeats.',
      examples: [['10s', '1m', '5m']],
    }),
  attempts: z.number().optional().meta({
    type: 'integer',
    minimum: 1,
    maximum: LIMITS.attemptsCount,
    description:
      'fixed, exponential, waits: the maximum number of attempts, the first one included; default 3, for waits one more than the list.',
  }),
  reruns: z.number().optional().meta({
    type: 'integer',
    minimum: 0,
    maximum: LIMITS.rerunsCount,
    description: 'job-queue: how often a failed run is repeated, default 2.',
  }),
  maxAge: z
    .string()
    .optional()
    .meta({
      description: "Every policy: no attempt starts later than this after the task's time, or after its redrive.",
      examples: ['1d'],
    }),
  jitter: z.number().optional().meta({
    minimum: 0,
    maximum: 1,
    description: 'Every policy: the fraction of each wait removed at random; default 0.2 for exponential, 0 for others.',
  }),
  losses: z
    .number()
    .optional()
    .meta({
      type: 'integer',
      minimum: 0,
      maximum: LIMITS.lossesMostCount,
      description: `Every policy: how many workers the task may lose before it fails; default ${LIMITS.lossesCount}.`,
    }),
  retriable: z
    .string()
    .optional()
    .meta({
      description:
        'Every policy: the errors that are retried, unless the handler decides. Names separated by semicolons, each with an optional code after a colon; an empty string means none. Default: all.',
      examples: ['Exception1;Exception2:ErrorCode2'],
    }),
})

/** Reads a retry policy from its written form. */
export const retryField = retryShape.transform((written, context) => {
  const retry = readRetry(written)
  if (!isRefusal(retry)) return retry
  context.addIssue({ code: 'custom', message: retry.message, path: (retry.path ?? '').split('/').slice(1), input: written })
  return z.NEVER
})

/** The name of a task type or lane. The endpoint checks that it is registered. */
export const nameField = z.string().min(1).max(LIMITS.typeCount)

/** One line of text. */
const lineField = (mostCount: number) =>
  z
    .string()
    .min(1)
    .max(mostCount)
    .regex(ONE_LINE, { error: ({ input }) => `${show(input)}; it must be one line, without control characters` })

/** One tag. */
export const tagField = lineField(LIMITS.tagCount)

/** The reason of a command, kept in the task's history and in the audit. */
export const reasonField = lineField(LIMITS.reasonCount)

/** An error's code. */
export const errorCodeField = lineField(LIMITS.errorCodeCount)
