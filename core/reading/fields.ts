import * as z from 'zod'
import { DURATION_FORM, formatDuration, parseDuration } from '../duration.ts'
import { parseInstant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal } from '../refusal.ts'
import { RETRY_POLICIES, readRetry } from '../retry/format.ts'
import { show } from './messages.ts'
import { ONE_LINE } from './names.ts'

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
  policy: z.enum(RETRY_POLICIES),
  wait: z
    .string()
    .optional()
    .meta({
      description:
        'Fixed and exponential: before the second attempt, default 5s. Job queue: its rerun delay, up to 1h, default 0s.',
      examples: ['5s'],
    }),
  maxWait: z
    .string()
    .optional()
    .meta({ description: 'Exponential: no wait is longer; default 10m.', examples: ['10m'] }),
  waits: z
    .array(z.string())
    .optional()
    .meta({ description: 'Waits: before each further attempt, one after the other.', examples: [['10s', '1m', '5m']] }),
  attempts: z.number().optional().meta({
    type: 'integer',
    minimum: 1,
    maximum: LIMITS.attemptsCount,
    description:
      'Fixed, exponential and waits: the most that may be made, the first one included; default 3, or one more than waits. Beyond the list its last wait repeats.',
  }),
  reruns: z.number().optional().meta({
    type: 'integer',
    minimum: 0,
    maximum: LIMITS.rerunsCount,
    description: 'Job queue: how often a failed run is made again; default 2.',
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
    description: 'Every policy: the share of each wait that chance may take away; default 0.2 for exponential, 0 for others.',
  }),
  losses: z
    .number()
    .optional()
    .meta({
      type: 'integer',
      minimum: 0,
      maximum: LIMITS.lossesMostCount,
      description: `Every policy: workers that may be lost under the task before it fails; default ${LIMITS.lossesCount}.`,
    }),
  retriable: z
    .string()
    .optional()
    .meta({
      description:
        'Every policy: of the errors about which the handler says nothing, only these are tried again. Names, with or without a code behind a colon; an empty text means none. Default: all.',
      examples: ['Exception1;Exception2:ErrorCode2'],
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

/** One line of text. */
const lineField = (mostCount: number) =>
  z
    .string()
    .min(1)
    .max(mostCount)
    .regex(ONE_LINE, { error: ({ input }) => `${show(input)}; it must be one line, without control characters` })

/** One tag. */
export const tagField = lineField(LIMITS.tagCount)

/** Why somebody commands something: kept in the task's history and in the audit. */
export const reasonField = lineField(LIMITS.reasonCount)

/** An error's code. */
export const errorCodeField = lineField(LIMITS.errorCodeCount)
