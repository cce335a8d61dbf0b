import * as z from 'zod'
import { defined } from '../defined.ts'
import { formatDuration } from '../duration.ts'
import type { TypeLimit } from '../gate/requirements.ts'
import type { GateLimits, Rate } from '../gate/row.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal } from '../refusal.ts'
import { durationField } from './fields.ts'
import { read } from './read.ts'

/** How many may run at once. */
export const concurrencyField = z.int().min(1).max(LIMITS.gateLimitCount)

/** So many starts in any stretch of this length. */
export const rateField = z
  .strictObject({
    count: z.int().min(1).max(LIMITS.gateRateCount),
    per: durationField(LIMITS.gateRateLeastMs, LIMITS.gateRateMs),
  })
  .transform(({ count, per }): Rate => ({ count, periodMs: per }))
  .meta({ description: 'So many may start in any stretch of this length.' })

/** How a limit is written. */
export const limitShape = z.strictObject({
  concurrency: concurrencyField.optional().meta({ description: 'So many may run at once.' }),
  rate: rateField.optional(),
})

/** A limit as people write it. @example { concurrency: 5, rate: { count: 100, per: '1h' } } */
export type LimitInput = z.input<typeof limitShape>

/** Terms without the fields that nobody has named. */
export const limitsFrom = (limit: number | undefined, rate: Rate | undefined): GateLimits => ({
  ...defined({ limit }),
  ...defined({ rate }),
})

/** A limit, written in, terms out. */
export const limitField = limitShape.transform(({ concurrency, rate }) => limitsFrom(concurrency, rate))

/**
 * Reads a limit that stands in code or configuration.
 *
 * @param what whose limit it is, for the error
 * @throws TypeError when it cannot be
 * @example readLimit('tenantLimit', { concurrency: 5 }) // { limit: 5 }
 */
export const readLimit = (what: string, limit: LimitInput): GateLimits => {
  const limits = read(limitField, limit)
  if (isRefusal(limits)) throw new TypeError(`${what}: ${limits.message}`)
  return limits.value
}

/** The limit of a task type: of each tenant's tasks, or of all tenants' together. */
export const typeLimitField = limitShape
  .extend({ across: z.enum(['tenant', 'all']).optional() })
  .refine(({ concurrency, rate }) => concurrency !== undefined || rate !== undefined, {
    error: 'it must have concurrency, rate, or both',
  })
  .transform(({ concurrency, rate, across }): TypeLimit => ({ ...limitsFrom(concurrency, rate), ...defined({ across }) }))
/** The same as people write it. */
export type TypeLimitInput = z.input<typeof typeLimitField>

/** A rate as wires show it. */
export const rateView = z.object({ count: z.int(), per: z.string() })
/** A limit as wires show it. */
export const limitView = z.object({ concurrency: z.int().optional(), rate: rateView.optional() })
/** A task type's limit as wires show it. */
export const typeLimitView = limitView.extend({ across: z.enum(['tenant', 'all']) })

/** Writes a rate the way it is read. @example writeRate({ rate: { count: 9, periodMs: 60_000 } }) // { rate: { count: 9, per: '1m' } } */
export const writeRate = ({ rate }: GateLimits) =>
  rate ? { rate: { count: rate.count, per: formatDuration(rate.periodMs) } } : {}

/** Writes terms the way `limitField` reads them. */
export const writeLimit = (limits: GateLimits): z.output<typeof limitView> => ({
  ...defined({ concurrency: limits.limit }),
  ...writeRate(limits),
})

/** Writes a task type's limit the way `typeLimitField` reads it. */
export const writeTypeLimit = ({ across = 'tenant', ...limits }: TypeLimit): z.output<typeof typeLimitView> => ({
  ...writeLimit(limits),
  across,
})
