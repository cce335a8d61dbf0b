import * as z from 'zod'
import { defined } from '../defined.ts'
import { formatDuration } from '../duration.ts'
import type { TypeLimit } from '../gate/requirements.ts'
import type { GateLimits, Rate } from '../gate/row.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal } from '../refusal.ts'
import { durationField } from './fields.ts'
import { read } from './read.ts'

/** The number of tasks that run at once. */
export const concurrencyField = z.int().min(1).max(LIMITS.gateLimitCount)

/** At most `count` starts in any period of length `per`. */
export const rateField = z
  .strictObject({
    count: z.int().min(1).max(LIMITS.gateRateCount),
    per: durationField(LIMITS.gateRateLeastMs, LIMITS.gateRateMs),
  })
  .transform(({ count, per }): Rate => ({ count, periodMs: per }))
  .meta({ description: 'At most `count` tasks start in any period of length `per`.' })

/** The written form of a limit. */
export const limitShape = z.strictObject({
  concurrency: concurrencyField.optional().meta({ description: 'At most so many tasks run at once.' }),
  rate: rateField.optional(),
})

/** A limit in its written form. @example { concurrency: 5, rate: { count: 100, per: '1h' } } */
export type LimitInput = z.input<typeof limitShape>

/** The limits of a gate, without absent fields. */
export const limitsFrom = (limit: number | undefined, rate: Rate | undefined): GateLimits => ({
  ...defined({ limit }),
  ...defined({ rate }),
})

/** Reads a limit from its written form. */
export const limitField = limitShape.transform(({ concurrency, rate }) => limitsFrom(concurrency, rate))

/**
 * Reads a limit from code or configuration.
 *
 * @param what the name of the setting, for the error
 * @throws TypeError when the limit is invalid
 * @example readLimit('tenantLimit', { concurrency: 5 }) // { limit: 5 }
 */
export const readLimit = (what: string, limit: LimitInput): GateLimits => {
  const limits = read(limitField, limit)
  if (isRefusal(limits)) throw new TypeError(`${what}: ${limits.message}`)
  return limits.value
}

/**
 * Reads the bound on the open far tasks of a tenant, from code or configuration.
 *
 * @throws TypeError when it is no whole number within its bounds
 * @example readFarTasks('tenantFarTasks', 5_000_000) // 5000000
 */
export const readFarTasks = (what: string, bound: number): number => {
  const { farTasksLeastCount: least, farTasksMostCount: most } = LIMITS
  if (Number.isSafeInteger(bound) && bound >= least && bound <= most) return bound
  throw new TypeError(`${what} is ${bound}; it must be a whole number from ${least} to ${most}`)
}

/** The limit of a task type: for each tenant, or for all tenants together. */
export const typeLimitField = limitShape
  .extend({ across: z.enum(['tenant', 'all']).optional() })
  .refine(({ concurrency, rate }) => concurrency !== undefined || rate !== undefined, {
    error: 'it must have concurrency, rate, or both',
  })
  .transform(({ concurrency, rate, across }): TypeLimit => ({ ...limitsFrom(concurrency, rate), ...defined({ across }) }))
/** The limit of a task type in its written form. @example { concurrency: 5, across: 'all' } */
export type TypeLimitInput = z.input<typeof typeLimitField>

/** A rate in API answers. */
export const rateView = z.object({ count: z.int(), per: z.string() })
/** A limit in API answers. */
export const limitView = z.object({ concurrency: z.int().optional(), rate: rateView.optional() })
/** A task type's limit in API answers. */
export const typeLimitView = limitView.extend({ across: z.enum(['tenant', 'all']) })

/**
 * Writes a rate in the form that `rateField` reads.
 *
 * @example writeRate({ rate: { count: 9, periodMs: 60_000 } }) // { rate: { count: 9, per: '1m' } }
 */
export const writeRate = ({ rate }: GateLimits) =>
  rate ? { rate: { count: rate.count, per: formatDuration(rate.periodMs) } } : {}

/** Writes limits in the form that `limitField` reads. */
export const writeLimit = (limits: GateLimits): z.output<typeof limitView> => ({
  ...defined({ concurrency: limits.limit }),
  ...writeRate(limits),
})

/** Writes a task type's limit in the form that `typeLimitField` reads. */
export const writeTypeLimit = ({ across = 'tenant', ...limits }: TypeLimit): z.output<typeof typeLimitView> => ({
  ...writeLimit(limits),
  across,
})
