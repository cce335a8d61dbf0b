import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { ACTIONS } from '../operation/row.ts'
import { durationField, errorCodeField, instantField, reasonField } from '../reading/fields.ts'
import { refuseEmptySpan, taskFilter } from './queries.ts'

const FIELDS = ['state', 'type', 'tag', 'from', 'to', 'errorCode'] as const

const filterField = z
  .strictObject({
    ...taskFilter,
    errorCode: errorCodeField.optional().meta({ examples: ['DeadLettered'] }),
    all: z.literal(true).optional().meta({ description: 'Instead of any other field: every task of the tenant is meant.' }),
  })
  .superRefine((filter, context) => {
    refuseEmptySpan(filter, context)
    const names = FIELDS.some((name) => filter[name] !== undefined)
    const say = (message: string) => context.addIssue({ code: 'custom', message, input: filter })
    if (!names && !filter.all) say(`it names nothing; name at least one of ${FIELDS.join(', ')}, or say "all": true`)
    if (names && filter.all) say('it names something, and says "all": true as well; do one of them')
  })
  .transform(({ all: _, ...filter }) => filter)

/** The body of `POST /v1/operations`. */
export const startOperation = z
  .strictObject({
    action: z.enum(ACTIONS).meta({ description: 'What every task is told that fits the filter, and that can be told so.' }),
    filter: filterField.meta({ description: 'Tasks that fit everything that is named, and were there before the operation.' }),
    notBefore: instantField.optional().meta({ description: 'Reschedule, ready: the new time.' }),
    delay: durationField(0, LIMITS.horizonMs).optional().meta({ description: 'Instead of notBefore: this long from now.' }),
    spread: durationField(1, LIMITS.horizonMs)
      .optional()
      .meta({ description: 'With either: the new times lie anywhere within this stretch behind it.', examples: ['10m'] }),
    rate: z
      .strictObject({
        count: z.int().min(1).max(LIMITS.operationRateMostCount),
        per: durationField(LIMITS.operationRateLeastMs, LIMITS.operationRateMostMs),
      })
      .optional()
      .meta({
        description: `So many tasks are told in such a time, on average. Default: ${LIMITS.operationRateCount} a minute.`,
        examples: [{ count: 100, per: '1m' }],
      }),
    dryRun: z.boolean().optional().meta({ default: false, description: 'Counts what would be told, and tells nobody anything.' }),
    reason: reasonField.optional().meta({ description: 'Kept in the history of every task, and in the audit.' }),
  })
  .superRefine(({ action, notBefore, delay, spread }, context) => {
    const say = (field: string, message: string, input: unknown) =>
      context.addIssue({ code: 'custom', path: [field], message, input })
    const isTimed = notBefore !== undefined || delay !== undefined
    const given = { notBefore, delay, spread }
    if (action !== 'reschedule' && action !== 'ready') {
      for (const [field, value] of Object.entries(given))
        if (value !== undefined) say(field, `given with ${action}; only reschedule and ready take a time`, value)
      return
    }
    if (action === 'reschedule' && !isTimed) say('notBefore', 'missing; a reschedule needs notBefore or delay', undefined)
    if (notBefore !== undefined && delay !== undefined) say('delay', 'given together with notBefore; give one of them', delay)
    if (spread !== undefined && !isTimed)
      say('spread', 'given without notBefore or delay, behind which the times would lie', spread)
  })
export type StartOperationRequest = z.output<typeof startOperation>
