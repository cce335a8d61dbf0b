import * as z from 'zod'
import { type Defined, defined } from '../defined.ts'
import { type DurationMs, formatDuration } from '../duration.ts'
import { type Instant, iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { durationField, instantField } from '../reading/fields.ts'
import { show } from '../reading/messages.ts'
import { read } from '../reading/read.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { type Exclusion, exclusionField } from './exclusion.ts'
import { type Recurrence, recurrenceField } from './recurrence.ts'
import { foreignZoneOf } from './rrule.ts'
import type { DaylightSaving } from './wall-clock.ts'
import { readTimeZone, type TimeZone } from './zone.ts'

/** When a series occurs: a recurrence, and everything that changes its times. A row keeps it in this form. */
export type Schedule = {
  readonly recurrence: Recurrence
  readonly timeZone: TimeZone
  /** An absent part has the default of the recurrence. */
  readonly daylightSaving?: Defined<DaylightSaving>
  /** `fixedDelay`: a rate counts from the end of the run before. Absent: fixedRate. */
  readonly mode?: Mode
  /** The first possible nominal time, inclusive. */
  readonly startAt?: Instant
  /** The last possible nominal time, inclusive. */
  readonly endAt?: Instant
  /** `startAt`, or the time when the series was created: the first occurrence of a rate. */
  readonly anchor: Instant
  /** When nothing starts. */
  readonly exclude?: Exclusion
  /** Each occurrence is later than its nominal time by less than this; which part depends on series and nominal time. */
  readonly jitter?: DurationMs
  /** All occurrences are later by the same part of this, which depends on the series. */
  readonly spread?: DurationMs
}

const MODES = ['fixedRate', 'fixedDelay'] as const
type Mode = (typeof MODES)[number]

const timeZoneField = z
  .string()
  .superRefine((given, context) => {
    const zone = readTimeZone(given)
    if (isRefusal(zone)) context.addIssue({ code: 'custom', message: zone.message, input: given })
  })
  .meta({ description: 'An IANA time zone.', default: 'UTC', examples: ['Europe/Berlin'] })

const spreadField = durationField(1, LIMITS.spreadMs)

/** The fields of a schedule in requests. */
export const scheduleFields = {
  recurrence: recurrenceField,
  timeZone: timeZoneField.optional(),
  daylightSaving: z
    .strictObject({
      gap: z.enum(['skip', 'shift']).optional().meta({
        default: 'skip',
        description: 'A time that the clocks skip has no occurrence, or one that is later by the length of the gap.',
      }),
      overlap: z.enum(['first', 'second', 'both']).optional().meta({
        description:
          'A time that the clocks repeat. Default: first; both, for a cron of five fields with a wildcard in minute or hour, and for a rule below a day without BYHOUR.',
      }),
    })
    .transform((policy): Defined<DaylightSaving> => defined(policy))
    .optional(),
  mode: z.enum(MODES).optional().meta({
    default: 'fixedRate',
    description: 'fixedDelay: a rate counts from the end of the run before, not from its nominal time.',
  }),
  startAt: instantField.optional().meta({ description: 'The first possible nominal time, inclusive.' }),
  endAt: instantField.optional().meta({ description: 'The last possible nominal time, inclusive.' }),
  exclude: exclusionField.optional().meta({ description: 'When nothing starts, and what becomes of an occurrence then.' }),
  jitter: spreadField.optional().meta({
    description: 'Each occurrence is later than its nominal time by less than this. The same occurrence always by as much.',
    examples: ['30s'],
  }),
  spread: spreadField.optional().meta({
    description: 'All occurrences of a series are later by the same part of this, so that many series do not start at once.',
    examples: ['5m'],
  }),
}

const scheduleShape = z.strictObject(scheduleFields)
type WrittenSchedule = z.output<typeof scheduleShape>

/** Refuses fields of a schedule that do not go together. */
export const refuseContradiction = (
  { recurrence, timeZone = 'UTC', startAt, endAt }: Partial<WrittenSchedule>,
  context: z.core.$RefinementCtx,
): void => {
  const foreign = recurrence && 'rrule' in recurrence ? foreignZoneOf(recurrence, timeZone) : undefined
  if (foreign !== undefined) {
    const message = `${show(foreign)} is the TZID of a line, and timeZone is ${show(timeZone)}; they must be the same`
    context.addIssue({ code: 'custom', path: ['recurrence', 'rrule'], message, input: recurrence })
  }
  if (startAt === undefined || endAt === undefined || startAt <= endAt) return
  const message = `${iso(endAt)}; it must not be before startAt, which is ${iso(startAt)}`
  context.addIssue({ code: 'custom', path: ['endAt'], message, input: endAt })
}

/** The schedule of a request that is made now. */
export const scheduleOf = (written: WrittenSchedule, now: Instant): Schedule => {
  const { recurrence, timeZone = 'UTC', daylightSaving, mode, startAt, endAt, exclude, jitter, spread } = written
  return {
    recurrence,
    timeZone,
    ...defined({ daylightSaving, mode, startAt, endAt, exclude, jitter, spread }),
    anchor: startAt ?? now,
  }
}

const scheduleField = scheduleShape.superRefine(refuseContradiction)

/**
 * Reads a schedule from its written form.
 *
 * @param now the anchor, if the schedule has no `startAt`
 * @param at JSON pointer of the value within the request
 * @example readSchedule({ recurrence: { rate: '15m' } }, 0) // { schedule: { recurrence: { rate: '15m' }, timeZone: 'UTC', anchor: 0 } }
 */
export const readSchedule = (written: unknown, now: Instant, at = ''): { readonly schedule: Schedule } | Refusal => {
  const done = read(scheduleField, written, at)
  return isRefusal(done) ? done : { schedule: scheduleOf(done.value, now) }
}

/** Writes a schedule in the form that `readSchedule` reads. The anchor is not part of it. */
export const writeSchedule = (schedule: Schedule) => {
  const { recurrence, timeZone, daylightSaving, mode, startAt, endAt, exclude, jitter, spread } = schedule
  return {
    recurrence,
    timeZone,
    ...defined({ daylightSaving, mode, exclude }),
    ...(startAt === undefined ? {} : { startAt: iso(startAt) }),
    ...(endAt === undefined ? {} : { endAt: iso(endAt) }),
    ...(jitter === undefined ? {} : { jitter: formatDuration(jitter) }),
    ...(spread === undefined ? {} : { spread: formatDuration(spread) }),
  }
}
