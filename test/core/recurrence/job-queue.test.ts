import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { messageFor } from '../../../core/reading/messages.ts'
import { WEEKDAYS, type Weekday } from '../../../core/recurrence/clock-time.ts'
import {
  isWithinWindow,
  type JobQueue,
  jobQueueField,
  jobQueuePlan,
  recurByJobQueue,
} from '../../../core/recurrence/job-queue.ts'
import { showLocal } from '../../../core/recurrence/local.ts'

const chain = (jobQueue: JobQueue, timeZone = 'UTC') => {
  const recurring = recurByJobQueue({ jobQueue }, { timeZone, anchor: 0 })
  if (recurring.sort !== 'chained') throw new Error('it is chained')
  const shown = (due: ReturnType<typeof recurring.initial>) => {
    if (!due) return 'none'
    return 'at' in due ? new Date(due.at).toISOString().slice(0, 19) : showLocal(due.local)
  }
  return {
    initial: (from: string) => shown(recurring.initial(Date.parse(`${from}Z`))),
    afterEnd: (endedAt: string, dueAt?: string) =>
      shown(recurring.afterEnd(Date.parse(`${endedAt}Z`), dueAt === undefined ? undefined : Date.parse(`${dueAt}Z`))),
  }
}

const except = (...days: Weekday[]) => WEEKDAYS.filter((day) => !days.includes(day))

describe("the job queue's recurrence", () => {
  /** The tests of the source, "Test Job Queue SNAP": next run after `s`, and initial run at `s`. 2012-01-01 is a Sunday. */
  test.each<[string, JobQueue, string, string, string | undefined]>([
    ['T070', { everyMinutes: 60 }, '2012-01-01T13:00', '2012-01-01T14:00:00', '2012-01-01T13:00:00'],
    ['T075', { everyMinutes: 0 }, '2012-01-01T13:00', '2012-01-02T00:00:00', '2012-01-01T13:00:00'],
    [
      'T076',
      { everyMinutes: 0, earliestStart: '2012-01-01T09:00' },
      '2012-01-01T13:00',
      '2012-01-02T00:00:00',
      '2012-01-01T13:00:00',
    ],
    [
      'T077',
      { everyMinutes: 0, startingTime: '10:00', earliestStart: '2012-01-01T09:00:00Z' },
      '2012-01-01T13:00',
      '2012-01-02T10:00:00',
      '2012-01-01T13:00:00',
    ],
    ['T081', { weekdays: ['sunday'] }, '2012-01-01T13:00', '2012-01-08T00:00:00', '2012-01-01T13:00:00'],
    [
      'T082',
      { weekdays: ['sunday'], earliestStart: '2012-01-01T09:00' },
      '2012-01-01T13:00',
      '2012-01-08T00:00:00',
      '2012-01-01T13:00:00',
    ],
    [
      'T083',
      { weekdays: ['sunday'], startingTime: '10:00', earliestStart: '2012-01-01T09:00' },
      '2012-01-01T13:00',
      '2012-01-08T10:00:00',
      '2012-01-01T13:00:00',
    ],
    ['T101', { everyMinutes: 30 }, '2012-01-01T23:30', '2012-01-02T00:00:00', '2012-01-01T23:30:00'],
    ['T102', { everyMinutes: 2_880 }, '2012-01-01T23:30', '2012-01-03T23:30:00', '2012-01-01T23:30:00'],
    ['T103', { everyMinutes: 60 }, '2012-01-01T23:30', '2012-01-02T00:30:00', '2012-01-01T23:30:00'],
    ['T104', { everyMinutes: 60, startingTime: '10:00' }, '2012-01-01T23:30', '2012-01-02T10:00:00', '2012-01-01T23:30:00'],
    [
      'T105',
      { everyMinutes: 60, startingTime: '10:00', weekdays: except('monday', 'tuesday') },
      '2012-01-01T23:30',
      '2012-01-04T10:00:00',
      '2012-01-01T23:30:00',
    ],
    [
      'T106',
      { everyMinutes: 60, weekdays: except('monday', 'tuesday') },
      '2012-01-01T23:30',
      '2012-01-04T00:00:00',
      '2012-01-01T23:30:00',
    ],
    [
      'T107',
      { everyMinutes: 60, startingTime: '00:15', weekdays: except('monday', 'tuesday') },
      '2012-01-01T23:30',
      '2012-01-04T00:15:00',
      '2012-01-01T23:30:00',
    ],
    ['T111', { everyMinutes: 30, endingTime: '13:30' }, '2012-01-01T13:00', '2012-01-01T13:30:00', '2012-01-01T13:00:00'],
    ['T112', { everyMinutes: 60, endingTime: '13:30' }, '2012-01-01T13:00', '2012-01-02T00:00:00', '2012-01-01T13:00:00'],
    [
      'T113',
      { everyMinutes: 60, startingTime: '10:00', endingTime: '13:30' },
      '2012-01-01T13:00',
      '2012-01-02T10:00:00',
      '2012-01-01T13:00:00',
    ],
    [
      'T114',
      { everyMinutes: 60, startingTime: '10:00', endingTime: '13:30', weekdays: except('monday', 'tuesday') },
      '2012-01-01T13:00',
      '2012-01-04T10:00:00',
      '2012-01-01T13:00:00',
    ],
    [
      'T116',
      { everyMinutes: 60, startingTime: '13:00', endingTime: '13:30', weekdays: ['wednesday', 'friday', 'saturday'] },
      '2012-01-01T12:00',
      '2012-01-04T13:00:00',
      '2012-01-04T13:00:00',
    ],
    [
      'T116, continued',
      { everyMinutes: 60, startingTime: '13:00', endingTime: '13:30', weekdays: ['wednesday', 'friday', 'saturday'] },
      '2012-01-04T13:00',
      '2012-01-06T13:00:00',
      undefined,
    ],
    [
      'T117',
      {
        everyMinutes: 5,
        startingTime: '11:00',
        endingTime: '12:00',
        earliestStart: '2015-01-04T10:00',
        weekdays: except('sunday'),
      },
      '2015-01-05T09:00',
      '2015-01-05T11:00:00',
      '2015-01-05T11:00:00',
    ],
    [
      'across midnight',
      { everyMinutes: 10, startingTime: '22:00', endingTime: '02:00' },
      '2012-01-01T23:55',
      '2012-01-02T00:05:00',
      '2012-01-01T23:55:00',
    ],
    [
      'before a window across midnight',
      { everyMinutes: 10, startingTime: '22:00', endingTime: '02:00' },
      '2012-01-01T20:00',
      '2012-01-01T22:00:00',
      '2012-01-01T22:00:00',
    ],
    [
      'T180',
      { startingTime: '23:59:50', endingTime: '23:59:59', earliestStart: '2012-01-01T23:59:50' },
      '2012-01-02T00:00:10',
      '2012-01-02T23:59:50',
      '2012-01-02T23:59:50',
    ],
    [
      'T181',
      { startingTime: '11:00', endingTime: '11:00', earliestStart: '2017-02-22T11:00' },
      '2017-02-22T11:00',
      '2017-02-23T11:00:00',
      '2017-02-22T11:00:00',
    ],
    ['T200', { everyMinutes: 43_200 }, '2012-01-01T23:30', '2012-01-31T23:30:00', '2012-01-01T23:30:00'],
  ])('%s: %j after %s: %s, initially %s', (_, jobQueue, s, next, initial) => {
    const { afterEnd, initial: initialOf } = chain(jobQueue)
    expect(afterEnd(s)).toBe(next)
    if (initial !== undefined) expect(initialOf(s)).toBe(initial)
  })

  test('the initial run waits for the earliest start', () =>
    expect(chain({ earliestStart: '2012-01-03T09:00', startingTime: '10:00' }).initial('2012-01-01T13:00')).toBe(
      '2012-01-03T10:00:00',
    ))

  test('minutes count from the end, whatever the earliest start', () =>
    expect(chain({ everyMinutes: 5, earliestStart: '2013-01-01T00:00' }).afterEnd('2012-01-01T13:00:07')).toBe(
      '2012-01-01T13:05:07',
    ))

  test('a daily run that ends after midnight is followed on the day after it was due', () =>
    expect(chain({ startingTime: '23:59' }).afterEnd('2012-01-03T00:10', '2012-01-02T23:59')).toBe('2012-01-03T23:59:00'))

  test('a daily run that lasts for days is followed by the next time, not by a run at once', () =>
    expect(chain({ startingTime: '10:00' }).afterEnd('2012-01-05T13:00', '2012-01-02T10:00')).toBe('2012-01-06T10:00:00'))

  test('a daily run years after the earliest start is not in the past', () =>
    expect(chain({ startingTime: '10:00', earliestStart: '2012-01-01T09:00' }).afterEnd('2026-03-04T10:01')).toBe(
      '2026-03-05T10:00:00',
    ))

  test('without starting time and minutes, an earliest start is a time of the zone', () =>
    expect(chain({ everyMinutes: 5, earliestStart: '2026-07-01T09:00' }, 'Europe/Berlin').initial('2026-01-01T00:00')).toBe(
      '2026-07-01T07:00:00',
    ))

  test('an earliest start with an offset is an instant, in every zone', () =>
    expect(chain({ everyMinutes: 5, earliestStart: '2026-07-01T09:00+04:00' }, 'Europe/Berlin').initial('2026-01-01T00:00')).toBe(
      '2026-07-01T05:00:00',
    ))

  test.each([
    ['spring', '2026-03-29T00:30', '2026-03-29T01:00:00'],
    ['autumn', '2026-10-25T00:45', '2026-10-25T01:15:00'],
  ])('minutes are elapsed time through the change of %s', (_, endedAt, next) =>
    expect(chain({ everyMinutes: 30 }, 'Europe/Berlin').afterEnd(endedAt)).toBe(next),
  )

  test('the window is tested by the clock of the zone', () =>
    expect(chain({ everyMinutes: 30, endingTime: '02:10' }, 'Europe/Berlin').afterEnd('2026-03-29T00:45')).toBe(
      '2026-03-30T00:00:00',
    ))
})

describe('a window', () => {
  test.each<[JobQueue, string, boolean]>([
    [{}, '00:00:00', true],
    [{ endingTime: '02:00' }, '02:00:00', true],
    [{ endingTime: '02:00' }, '02:00:01', false],
    [{ startingTime: '02:00' }, '01:59:59', false],
    [{ startingTime: '02:00' }, '02:00:00', true],
    [{ startingTime: '02:00', endingTime: '02:00' }, '23:00:00', true],
    [{ startingTime: '02:00', endingTime: '02:00' }, '01:00:00', false],
    [{ startingTime: '02:00', endingTime: '04:00' }, '04:00:00', true],
    [{ startingTime: '02:00', endingTime: '04:00' }, '04:00:01', false],
    [{ startingTime: '02:00', endingTime: '04:00' }, '01:00:00', false],
    [{ startingTime: '22:00', endingTime: '02:00' }, '22:00:00', true],
    [{ startingTime: '22:00', endingTime: '02:00' }, '02:00:00', true],
    [{ startingTime: '22:00', endingTime: '02:00' }, '02:00:01', false],
    [{ startingTime: '22:00', endingTime: '02:00' }, '21:59:59', false],
  ])('%j contains %s: %s', (jobQueue, time, expected) =>
    expect(isWithinWindow(jobQueuePlan(jobQueue), Date.parse(`2012-01-01T${time}Z`))).toBe(expected),
  )
})

describe('a wrong job queue recurrence is refused', () => {
  test.each<[unknown, string]>([
    [{ weekdays: [] }, 'at least 1'],
    [{ weekdays: ['Monday'] }, 'Did you mean "monday"'],
    [{ everyMinutes: -1 }, 'at least 0'],
    [{ everyMinutes: 1.5 }, 'whole number'],
    [{ everyMinutes: LIMITS.jobQueueMinutesCount + 1 }, 'at most'],
    [{ startingTime: '24:00' }, 'a time of the day'],
    [{ startingTime: '9:00' }, 'a time of the day'],
    [{ endingTime: '23:60' }, 'a time of the day'],
    [{ earliestStart: '2012-02-30T00:00' }, 'ISO 8601 time'],
    [{ earliestStart: 'tomorrow' }, 'ISO 8601 time'],
    [{ minutes: 5 }, 'unknown field'],
  ])('%j: %s', (written, message) => {
    const { error } = jobQueueField.safeParse(written, { error: messageFor })
    expect(error?.issues.map((issue) => issue.message).join()).toContain(message)
  })
})
