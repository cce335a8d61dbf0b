import * as z from 'zod'
import type { DurationMs } from '../duration.ts'
import { type Instant, parseInstant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { show } from '../reading/messages.ts'
import { type ClockTime, clockTimeField, parseClockTime, WEEKDAYS, type Weekday, weekdaysField } from './clock-time.ts'
import type { Due, Recurring, Setting } from './form.ts'
import { DAY_MS, type Local, showLocal, startOfDay, timeOfDay } from './local.ts'
import { type Instants, type TimeZone, toInstants, toLocal } from './zone.ts'

/**
 * The recurrence of Business Central's job queue: days of the week, minutes from the end of a run to the next one, and a window of
 * the day that may cross midnight.
 *
 * Source: github.com/microsoft/BCApps, codeunit 448 "Job Queue Dispatcher" (CalcNextRunTimeForRecurringJob, CalcInitialRunTime,
 * CalcRunTimeForRecurringJob, IsWithinStartEndTime), table 472, and the tests "Test Job Queue SNAP" (T070 to T200).
 */
export type JobQueue = {
  /** @default every day */
  readonly weekdays?: readonly Weekday[] | undefined
  /** From the end of a run to the next one. 0: the next one is on another day, at `startingTime`. @default 0 */
  readonly everyMinutes?: number | undefined
  /** The start of the window. @default midnight */
  readonly startingTime?: ClockTime | undefined
  /** The end of the window, included. One before `startingTime` is on the next day; an equal one is none. @default none */
  readonly endingTime?: ClockTime | undefined
  /** The first run is not before this time: ISO 8601 with offset, or without one in the zone of the series. */
  readonly earliestStart?: string | undefined
}

/** `{jobQueue: {weekdays: ["monday"], everyMinutes: 30, startingTime: "22:00", endingTime: "02:00"}}` */
export type ByJobQueue = { readonly jobQueue: JobQueue }

/** Reads a time: with an offset, or without one in a zone. */
const parseEarliest = (text: string, timeZone: TimeZone): Instant | undefined => {
  const at = parseInstant(text)
  if (at !== undefined) return at
  const local = parseInstant(`${text}Z`)
  return local === undefined ? undefined : earliestOf(toInstants(timeZone, local))
}

const earliestOf = (instants: Instants): Instant =>
  instants.is === 'once' ? instants.at : instants.is === 'gap' ? instants.shifted : instants.first

const earliestField = z
  .string()
  .superRefine((text, context) => {
    if (parseEarliest(text, 'UTC') !== undefined) return
    const message = `${show(text)}; it must be an ISO 8601 time, such as "2030-01-31T20:00:00Z", or "2030-01-31T20:00:00" in the zone of the series`
    context.addIssue({ code: 'custom', message, input: text })
  })
  .meta({
    description: 'The first run is not before this time. Without an offset it is a time in the zone of the series.',
    examples: ['2030-01-31T20:00:00'],
  })

/** The written form of a job queue's recurrence. */
export const jobQueueField = z
  .strictObject({
    weekdays: weekdaysField.optional().meta({ description: 'The days on which it may run. Default: every day.' }),
    everyMinutes: z
      .int()
      .min(0)
      .max(LIMITS.jobQueueMinutesCount)
      .optional()
      .meta({ description: 'Minutes from the end of a run to the next one. 0: the next one is on another day. Default: 0.' }),
    startingTime: clockTimeField.optional().meta({ description: 'The start of the window of the day. Default: midnight.' }),
    endingTime: clockTimeField
      .optional()
      .meta({ description: 'The end of the window. One before startingTime is on the next day. Default: none.' }),
    earliestStart: earliestField.optional(),
  })
  .meta({ description: "The recurrence of Business Central's job queue." })

/** A job queue's recurrence, ready to be asked. */
export type JobQueuePlan = {
  readonly isTicked: readonly boolean[]
  readonly everyMinutes: number
  readonly start: DurationMs | undefined
  readonly end: DurationMs | undefined
}

/** Makes a recurrence ready to be asked. */
export const jobQueuePlan = ({ weekdays = WEEKDAYS, everyMinutes = 0, startingTime, endingTime }: JobQueue): JobQueuePlan => ({
  isTicked: WEEKDAYS.map((day) => weekdays.includes(day)),
  everyMinutes,
  start: startingTime === undefined ? undefined : parseClockTime(startingTime),
  end: endingTime === undefined ? undefined : parseClockTime(endingTime),
})

/** Does the window cross midnight, such as 22:00 to 02:00? */
const crossesMidnight = ({ start, end }: JobQueuePlan): boolean => start !== undefined && end !== undefined && start > end

/**
 * Is a time within the window? Both ends are. A window whose ends are equal has a start only; but `adjust` lets a time after it be
 * due on the next day, so it is for one run a day.
 *
 * @example isWithinWindow(jobQueuePlan({ startingTime: '22:00', endingTime: '02:00' }), localOf(2012, 1, 1, 1)) // true
 */
export const isWithinWindow = (plan: JobQueuePlan, local: Local): boolean => {
  const { start = 0, end } = plan
  const time = timeOfDay(local)
  if (crossesMidnight(plan)) return time >= start || time <= (end as DurationMs)
  return time >= start && (end === undefined || end === plan.start || time <= end)
}

/**
 * The run for a time at which a run would be due: that time, or a later one within the window, on a ticked day. In a window
 * across midnight the days are tested by the calendar, and a time after midnight keeps its time on the next ticked day.
 *
 * Two steps of the source are left out because they cannot have an effect: a time is never behind the end of a window that ends
 * on the next day, and a day that was skipped without a starting time begins at midnight already.
 *
 * @example adjust(jobQueuePlan({ startingTime: '10:00' }), localOf(2012, 1, 2, 0, 30)) // 2 January 2012, 10:00
 */
export const adjust = (plan: JobQueuePlan, due: Local): Local => {
  const { isTicked, start, end } = plan
  const crosses = crossesMidnight(plan)
  const time = timeOfDay(due)
  const started = startOfDay(due) + (start ?? 0)
  const isAfterEnd = end !== undefined && time > end
  let run = isAfterEnd && (!crosses || due < started) ? started : due
  let days = isAfterEnd && !crosses ? 1 : 0
  while (!isTicked[(weekdayOf(due) + days) % 7]) days++
  if ((!crosses && run < started) || (days > 0 && run > started)) run = started
  return run + days * DAY_MS
}

/** Day of the week, from 0 for Monday. 1970-01-01 was a Thursday. */
const weekdayOf = (local: Local): number => (startOfDay(local) / DAY_MS + 3) % 7

/**
 * The runs of a job queue's recurrence. Minutes are elapsed time, so they run through a change of the clocks; the window and the
 * days are tested by the clock of the zone.
 *
 * With 0 minutes the next run is on a later day than the run before was due: a run of 23:59:50 that ends after midnight is
 * followed on that very day (T180 of the source). When that day is not known, it is the day of `earliestStart`, and without it the
 * day on which the run has ended. If the run lasted longer than that, the source starts the next one a second later; Carillon takes
 * the next time of the recurrence instead, so that a long run is not followed by a run outside its time.
 */
export const recurByJobQueue = ({ jobQueue }: ByJobQueue, { timeZone }: Setting): Recurring => {
  const plan = jobQueuePlan(jobQueue)
  const earliest = jobQueue.earliestStart === undefined ? undefined : parseEarliest(jobQueue.earliestStart, timeZone)
  const adjusted = (at: Instant): Due => {
    const due = toLocal(timeZone, at)
    const run = adjust(plan, due)
    if (run === due) return { at }
    const why = isWithinWindow(plan, due) ? 'not on a day on which the job queue runs' : 'outside the window of the job queue'
    return { local: run, reason: { code: 'window', message: `${showLocal(due)} is ${why}` } }
  }
  const nextDay = (endedAt: Instant, dueAt: Instant | undefined): Due => {
    const ended = toLocal(timeZone, endedAt)
    const before = dueAt === undefined ? ended : toLocal(timeZone, dueAt)
    const today = startOfDay(ended)
    const days = [startOfDay(before) + DAY_MS, today, today + DAY_MS]
    return { local: days.map((day) => adjust(plan, day)).find((run) => run > ended && run > before) as Local }
  }
  return {
    sort: 'chained',
    initial: (from) => adjusted(Math.max(from, earliest ?? from)),
    afterEnd: (endedAt, dueAt = earliest) =>
      plan.everyMinutes > 0 ? adjusted(endedAt + plan.everyMinutes * MINUTE_MS) : nextDay(endedAt, dueAt),
  }
}

const MINUTE_MS = 60_000
