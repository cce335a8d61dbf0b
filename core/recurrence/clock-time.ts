import * as z from 'zod'
import type { DurationMs } from '../duration.ts'
import { show } from '../reading/messages.ts'
import { DAY_MS } from './local.ts'

/** A time of the day on the clock, as written: `"HH:MM"`, `"HH:MM:SS"` or `"HH:MM:SS.mmm"`. */
export type ClockTime = string

const FORM = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{3}))?)?$/

/**
 * The time since midnight of a time of the day; undefined for any other text.
 *
 * @example parseClockTime('22:30') // 81000000
 */
export const parseClockTime = (text: ClockTime): DurationMs | undefined => {
  const parts = FORM.exec(text)
  if (!parts) return undefined
  const [hours, minutes, seconds, millis] = parts.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number]
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis
}

/** The end of a period may also be the end of the day: `"24:00"`. */
export const parseEndTime = (text: ClockTime): DurationMs | undefined => (text === '24:00' ? DAY_MS : parseClockTime(text))

const fieldOf = (parse: (text: string) => DurationMs | undefined, form: string, pattern: string) =>
  z
    .string()
    .superRefine((text, context) => {
      if (parse(text) !== undefined) return
      context.addIssue({ code: 'custom', message: `${show(text)}; it must be ${form}`, input: text })
    })
    .meta({ pattern, examples: ['22:30'] })

const PATTERN = FORM.source.replaceAll('(?:', '(').slice(1, -1)

/** The written form of a time of the day. It stays a text on the row. */
export const clockTimeField = fieldOf(
  parseClockTime,
  'a time of the day from "00:00" to "23:59:59.999", such as "22:30" or "22:30:15"',
  `^${PATTERN}$`,
)

/** The same, and the end of the day. */
export const endTimeField = fieldOf(
  parseEndTime,
  'a time of the day from "00:00" to "24:00", such as "22:30" or "22:30:15"',
  `^(${PATTERN}|24:00)$`,
)

/** The names of the days of the week, from Monday, the first one of ISO 8601. */
export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

/** The name of a day of the week. */
export type Weekday = (typeof WEEKDAYS)[number]

/** The written form of some days of the week. */
export const weekdaysField = z
  .array(z.enum(WEEKDAYS))
  .min(1)
  .max(WEEKDAYS.length)
  .meta({ examples: [['monday', 'friday']] })
