import { describe, expect, test } from 'vitest'
import { readJobQueueEntry } from '../../../core/import/job-queue-entry.ts'
import { accepts } from './accepted.ts'

const OPTIONS = { type: 'run-codeunit', timeZone: 'Europe/Copenhagen' }
const GUID = '5D1C3A1B-0E5A-4C54-9F3C-1B7C3F0A9D11'

/** As GET …/api/v2.0/companies(…)/jobQueueEntries(…) answers. */
const FROM_API = {
  '@odata.etag': 'W/"JzE5Ozk5OTk5"',
  id: '00112233-4455-6677-8899-aabbccddeeff',
  jobQueueEntryId: GUID,
  userId: 'ADMIN',
  lastReadyState: '2026-01-01T08:00:00Z',
  expirationDateTime: '2027-01-01T00:00:00Z',
  earliestStartDateTime: '2026-01-05T21:00:00Z',
  objectTypeToRun: 'Codeunit',
  objectIdToRun: 795,
  objectCaptionToRun: 'Adjust Cost',
  reportOutputType: '',
  maxNumberAttemptsToRun: 3,
  numberOfAttemptsToRun: 0,
  status: 'Ready',
  recordIdToProcess: '',
  parameterString: 'ALL',
  recurringJob: true,
  numberOfMinutesBetweenRuns: 30,
  runOnMonday: true,
  runOnTuesday: true,
  runOnWednesday: false,
  runOnThursday: false,
  runOnFridays: true,
  runOnSaturdays: false,
  runOnSundays: false,
  startingTime: '22:00:00',
  endingTime: '02:30:15.5000000',
  referenceStartingTime: '2000-01-01T22:00:00Z',
  nextRunDateFormula: '',
  description: 'Adjust cost',
  runInUserSession: false,
  jobQueueCategoryCode: 'POST',
  rerunDelay: 90,
  systemTaskId: '00000000-0000-0000-0000-000000000000',
  manualRecurrence: false,
  jobTimeOut: 'PT0S',
  priorityWithinCategory: 'High',
}

describe('a job queue entry of the API', () => {
  const { series, notCarried } = readJobQueueEntry(FROM_API, OPTIONS)

  test('becomes a series', () => {
    expect(series).toEqual([
      {
        id: GUID.toLowerCase(),
        body: {
          type: 'run-codeunit',
          input: { objectType: 'Codeunit', objectId: 795, parameterString: 'ALL' },
          timeZone: 'Europe/Copenhagen',
          recurrence: {
            jobQueue: {
              weekdays: ['monday', 'tuesday', 'friday'],
              everyMinutes: 30,
              startingTime: '22:00',
              endingTime: '02:30:15.500',
              earliestStart: '2026-01-05T21:00:00.000Z',
            },
          },
          endAt: '2027-01-01T00:00:00.000Z',
          retry: { policy: 'job-queue', reruns: 3, wait: '90s' },
          stopOnError: true,
          gate: { key: 'category.POST', limit: 1 },
          priority: 'high',
          description: 'Adjust cost',
        },
      },
    ])
    accepts(series)
  })

  test('reports everything else', () =>
    expect(notCarried.map(({ at }) => at).toSorted()).toEqual([
      '/@odata.etag',
      '/lastReadyState',
      '/objectCaptionToRun',
      '/userId',
    ]))
})

describe('a job queue entry', () => {
  test('may have the names of its table, or of an OData page', () => {
    const body = (entry: object) => readJobQueueEntry(entry, OPTIONS).series[0]?.body
    const table = {
      'Object Type to Run': 'Report',
      'Object ID to Run': 111,
      'No. of Minutes between Runs': 60,
      'Run on Sundays': true,
      'Maximum No. of Attempts to Run': 1,
      'Rerun Delay (sec.)': 5,
      'Starting Time': '10:00:00',
    }
    const page = {
      Object_Type_to_Run: 'Report',
      Object_ID_to_Run: 111,
      No_of_Minutes_between_Runs: 60,
      Run_on_Sundays: true,
      Maximum_No_of_Attempts_to_Run: 1,
      Rerun_Delay_sec: 5,
      Starting_Time: '10:00:00',
    }
    expect(body(table)).toEqual(body(page))
    expect(body(page)).toMatchObject({
      recurrence: { jobQueue: { weekdays: ['sunday'], everyMinutes: 60, startingTime: '10:00' } },
      retry: { policy: 'job-queue', reruns: 1, wait: '5s' },
    })
    expect(readJobQueueEntry(table, OPTIONS).series[0]?.id).toBe('Report-111')
    expect(readJobQueueEntry(page, OPTIONS).notCarried).toEqual([])
  })

  test('with a date formula starts at its earliest start', () => {
    const entry = {
      nextRunDateFormula: '1D+CM',
      startingTime: '11:00:00',
      earliestStartDateTime: '2026-03-31T11:00:00Z',
      objectIdToRun: 1,
    }
    const { series, notCarried } = readJobQueueEntry(entry, OPTIONS)
    expect(series[0]?.body).toMatchObject({
      recurrence: { dateFormula: '1D+CM', startingTime: '11:00' },
      startAt: '2026-03-31T11:00:00.000Z',
      retry: { policy: 'job-queue', reruns: 0 },
    })
    expect(notCarried).toEqual([])
    accepts(series)
  })

  test('of one run has its time', () =>
    expect(readJobQueueEntry({ earliestStartDateTime: '2026-03-31T11:00:00Z' }, OPTIONS).series[0]?.body.recurrence).toEqual({
      at: ['2026-03-31T11:00:00.000Z'],
    }))

  test('with all days has no list of them', () => {
    const entry = Object.fromEntries(
      ['Mon', 'Tues', 'Wednes', 'Thurs', 'Fri', 'Satur', 'Sun'].map((day) => [`Run on ${day}days`, true]),
    )
    expect(readJobQueueEntry(entry, OPTIONS).series[0]?.body.recurrence).toEqual({ jobQueue: { everyMinutes: 0 } })
  })

  test.each(['On Hold', 'On_x0020_Hold', 'Error'])('in status %s is to be paused', (status) => {
    const { series, notCarried } = readJobQueueEntry({ runOnMonday: true, status }, OPTIONS)
    expect(series[0]?.isPaused).toBe(true)
    expect(notCarried).toMatchObject([{ at: '/status', value: status, reason: expect.stringContaining('/pause') }])
  })

  const weekly = { 'Run on Mondays': true }
  test.each<[object, string, string]>([
    [{ ...weekly, shoeSize: 43 }, '/shoeSize', 'this field is not known'],
    [{ ...weekly, inactivityTimeoutPeriod: 5 }, '/inactivityTimeoutPeriod', 'put its series on hold'],
    [{ ...weekly, notifyOnSuccess: true }, '/notifyOnSuccess', 'event'],
    [{ ...weekly, jobTimeOut: 'PT12H' }, '/jobTimeOut', 'the timeout is that of the task type'],
    [{ ...weekly, status: 'On Hold with Inactivity Timeout' }, '/status', 'inactivity timeout'],
    [{ ...weekly, jobQueueCategoryCode: 'A/B' }, '/jobQueueCategoryCode', 'category.A-B'],
    [{ ...weekly, priorityWithinCategory: 'Low' }, '/priorityWithinCategory', 'only within a category'],
    [
      { ...weekly, jobQueueCategoryCode: 'A', priorityWithinCategory: 'Urgent' },
      '/priorityWithinCategory',
      'High, Normal or Low',
    ],
    [{ ...weekly, 'Starting Time': '9 pm' }, '/Starting Time', 'a time of the day'],
    [{ ...weekly, maxNumberAttemptsToRun: 'many' }, '/maxNumberAttemptsToRun', 'a whole number'],
    [{ ...weekly, earliestStartDateTime: 'soon' }, '/earliestStartDateTime', 'ISO 8601'],
    [{ ...weekly, description: 5 }, '/description', 'a text'],
    [{ nextRunDateFormula: '-1D' }, '/nextRunDateFormula', 'lead to a later date'],
    [{ nextRunDateFormula: '1D', endingTime: '12:00:00' }, '/endingTime', 'no window'],
    [{ numberOfMinutesBetweenRuns: 5 }, '/numberOfMinutesBetweenRuns', 'without days'],
    [{ recurringJob: true }, '/recurringJob', 'it has no time'],
  ])('%j is reported at %s: %s', (entry, at, reason) => {
    const { notCarried } = readJobQueueEntry(entry, OPTIONS)
    expect(notCarried.find((it) => it.at === at)?.reason).toContain(reason)
  })

  test('that has no time, or is none, gives no series', () => {
    for (const entry of [{}, { recurringJob: true }, { nextRunDateFormula: 'XM' }, null, 'x', []]) {
      const { series, notCarried } = readJobQueueEntry(entry, OPTIONS)
      expect([series.length, notCarried.length > 0]).toEqual([0, true])
    }
  })
})
