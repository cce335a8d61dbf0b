import * as z from 'zod'
import { formatDuration } from '../duration.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal } from '../refusal.ts'
import { TASK_STATES } from '../task/row.ts'
import { DEFAULT_UNIQUE, REPLACEABLE, readUnique } from '../unique/policy.ts'
import { durationField } from './fields.ts'

/** The written form of a uniqueness policy. */
export const uniqueShape = z.strictObject({
  by: z
    .array(z.string())
    .optional()
    .meta({
      default: DEFAULT_UNIQUE.by,
      description:
        '"type", "input", or JSON pointers into the input. Tasks with the same values are duplicates; an absent value equals an absent value.',
      examples: [['type', '/customer/id']],
    }),
  within: z
    .string()
    .optional()
    .meta({ description: 'Only tasks that were created within this time count.', examples: ['1h'] }),
  states: z
    .array(z.enum(TASK_STATES))
    .optional()
    .meta({ default: DEFAULT_UNIQUE.states, description: 'Only tasks in these states count.' }),
  onDuplicate: z
    .union([z.literal('existing'), z.strictObject({ replace: z.array(z.enum(REPLACEABLE)) })])
    .optional()
    .meta({
      default: 'existing',
      description:
        'The answer is the existing task: unchanged, or, while it has not started, with these fields of the new request (its defaults included).',
    }),
})

/** Reads a uniqueness policy from its written form. */
export const uniqueField = uniqueShape.transform((written, context) => {
  const policy = readUnique(written)
  if (!isRefusal(policy)) return policy
  context.addIssue({ code: 'custom', message: policy.message, path: (policy.path ?? '').split('/').slice(1), input: written })
  return z.NEVER
})

const delayField = durationField(0, LIMITS.horizonMs)

/** A debounce: each further request postpones the task. Durations in, milliseconds out. */
export const debounceField = z
  .strictObject({
    key: z
      .string()
      .min(1)
      .max(LIMITS.debounceKeyCount)
      .meta({ description: 'Requests of one type with the same key refer to the same task.' }),
    delay: delayField.meta({ description: 'The task runs this long after the last request, with the input of that request.' }),
    maxDelay: delayField.optional().meta({ description: 'The task never runs later than this after the first request.' }),
  })
  .superRefine(({ delay, maxDelay }, context) => {
    if (maxDelay === undefined || maxDelay >= delay) return
    const message = `${formatDuration(maxDelay)}; it must be at least the delay of ${formatDuration(delay)}`
    context.addIssue({ code: 'custom', path: ['maxDelay'], message, input: maxDelay })
  })
