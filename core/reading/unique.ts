import * as z from 'zod'
import { formatDuration } from '../duration.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal } from '../refusal.ts'
import { TASK_STATES } from '../task/row.ts'
import { DEFAULT_UNIQUE, REPLACEABLE, readUnique } from '../unique/policy.ts'
import { durationField } from './fields.ts'

/** What makes a task the only one of its kind, as people write it. */
export const uniqueShape = z.strictObject({
  by: z
    .array(z.string())
    .optional()
    .meta({
      default: DEFAULT_UNIQUE.by,
      description:
        '"type", "input", or JSON pointers into the input. Tasks that agree in all of them are the same; a path that leads nowhere in two inputs is the same in both.',
      examples: [['type', '/customer/id']],
    }),
  within: z
    .string()
    .optional()
    .meta({ description: 'Counts only tasks that were created no longer ago than this.', examples: ['1h'] }),
  states: z
    .array(z.enum(TASK_STATES))
    .optional()
    .meta({ default: DEFAULT_UNIQUE.states, description: 'Counts only tasks in these states.' }),
  onDuplicate: z
    .union([z.literal('existing'), z.strictObject({ replace: z.array(z.enum(REPLACEABLE)) })])
    .optional()
    .meta({
      default: 'existing',
      description:
        'The answer is the existing task: as it is; or, while it has not started, with these fields as the new request has them (its defaults included).',
    }),
})

/** Written in, a value out. */
export const uniqueField = uniqueShape.transform((written, context) => {
  const policy = readUnique(written)
  if (!isRefusal(policy)) return policy
  context.addIssue({ code: 'custom', message: policy.message, path: (policy.path ?? '').split('/').slice(1), input: written })
  return z.NEVER
})

const delayField = durationField(0, LIMITS.horizonMs)

/** What puts a task off as long as it is asked for again: durations in, milliseconds out. */
export const debounceField = z
  .strictObject({
    key: z
      .string()
      .min(1)
      .max(LIMITS.debounceKeyCount)
      .meta({ description: 'Requests for the same type with the same key mean the same task.' }),
    delay: delayField.meta({ description: 'It runs this long after the last request, with the input of that one.' }),
    maxDelay: delayField.optional().meta({ description: 'But never later than this after the first one.' }),
  })
  .superRefine(({ delay, maxDelay }, context) => {
    if (maxDelay === undefined || maxDelay >= delay) return
    const message = `${formatDuration(maxDelay)}; it must be at least the delay, which is ${formatDuration(delay)}`
    context.addIssue({ code: 'custom', path: ['maxDelay'], message, input: maxDelay })
  })
