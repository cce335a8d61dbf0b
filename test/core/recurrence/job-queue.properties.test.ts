import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WEEKDAYS } from '../../../core/recurrence/clock-time.ts'
import { adjust, isWithinWindow, type JobQueue, jobQueuePlan, recurByJobQueue } from '../../../core/recurrence/job-queue.ts'
import { DAY_MS, type Local, localOf, showLocal, startOfDay, timeOfDay } from '../../../core/recurrence/local.ts'
import { toInstants } from '../../../core/recurrence/zone.ts'

/** The algorithm as the source has it, step for step (codeunit 448, CalcRunTimeForRecurringJob), with unset times as undefined. */
const adjustedAsSource = (jobQueue: JobQueue, x: Local): Local => {
  const { isTicked, everyMinutes, start, end } = jobQueuePlan(jobQueue)
  const at = (local: Local, time = 0) => startOfDay(local) + time
  const t = timeOfDay(x)
  let y = x
  let days = 0
  let extra = 0
  const crosses = end !== undefined && (start ?? -1) > end
  if ((crosses && t < (start ?? -1) && t > end) || (!crosses && end !== undefined && t > end)) y = at(y, start)
  if (!crosses && end !== undefined && t > end) days += 1
  const weekday = new Date(x).getUTCDay() || 7
  let isFound = isTicked[(weekday - 1 + days) % 7]
  while (!isFound && extra < 7) {
    extra += 1
    days += 1
    isFound = isTicked[(weekday - 1 + days) % 7]
  }
  if ((!crosses && start !== undefined && y < at(y, start)) || (crosses && y > at(y, end) + DAY_MS)) y = at(y, start)
  if (days > 0 && y > at(y, start)) y = at(y, start)
  if (start === undefined && extra > 0 && everyMinutes !== 0) y = at(y)
  return isFound && days > 0 ? y + days * DAY_MS : y
}

const runs = Number(process.env.CARILLON_PROPERTY_RUNS ?? 300)
const someTime = fc
  .integer({ min: 0, max: 24 * 60 - 1 })
  .map((it) => `${String(Math.floor(it / 60)).padStart(2, '0')}:${String(it % 60).padStart(2, '0')}`)
const someJobQueue: fc.Arbitrary<JobQueue> = fc.record(
  {
    weekdays: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }),
    everyMinutes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3_000 })),
    startingTime: someTime,
    endingTime: someTime,
  },
  { requiredKeys: [] },
)
const someLocal = fc.integer({ min: localOf(2012, 1, 1) / 60_000, max: localOf(2040, 1, 1) / 60_000 }).map((it) => it * 60_000)

describe('the adjusting of a due time, as a property,', () => {
  it('gives what the source gives', () => {
    fc.assert(
      fc.property(someJobQueue, someLocal, fc.nat(59_999), (jobQueue, minute, ms) => {
        const due = minute + ms
        expect(showLocal(adjust(jobQueuePlan(jobQueue), due))).toBe(showLocal(adjustedAsSource(jobQueue, due)))
      }),
      { numRuns: runs },
    )
  })

  it('gives a time within the window on a ticked day, not before the due time, and nothing else changes it', () => {
    fc.assert(
      fc.property(someJobQueue, someLocal, (jobQueue, due) => {
        const plan = jobQueuePlan(jobQueue)
        const run = adjust(plan, due)
        expect(isWithinWindow(plan, run) && run >= due && run < due + 8 * DAY_MS).toBe(true)
        expect(plan.isTicked[(new Date(run).getUTCDay() + 6) % 7]).toBe(true)
        expect(adjust(plan, run)).toBe(run)
      }),
      { numRuns: runs },
    )
  })

  it('gives the first minute that is allowed, unless the window crosses midnight', () => {
    fc.assert(
      fc.property(someJobQueue, someLocal, (jobQueue, due) => {
        const plan = jobQueuePlan(jobQueue)
        // A window of one moment is left by every later time of its day: it is for one run a day (T181 of the source).
        fc.pre(plan.end === undefined || (plan.start ?? 0) < plan.end)
        let minute = due
        while (!isWithinWindow(plan, minute) || !plan.isTicked[(new Date(minute).getUTCDay() + 6) % 7]) minute += 60_000
        expect(showLocal(adjust(plan, due))).toBe(showLocal(minute))
      }),
      { numRuns: Math.min(runs, 20_000) },
    )
  })
})

describe('the runs of a job queue, as a property,', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns']

  it('are later than the end of the run before, also through changes of the clocks', () => {
    fc.assert(
      fc.property(
        someJobQueue,
        someLocal,
        fc.constantFrom(...zones),
        fc.option(fc.nat(5 * DAY_MS)),
        (jobQueue, endedAt, timeZone, lasted) => {
          const recurring = recurByJobQueue({ jobQueue }, { timeZone, anchor: 0 })
          const due =
            recurring.sort === 'chained' ? recurring.afterEnd(endedAt, lasted === null ? undefined : endedAt - lasted) : undefined
          if (!due) throw new Error('there is always a next run')
          // The later of the two instants of a repeated time is always open to the series.
          const instants = 'at' in due ? { is: 'once' as const, at: due.at } : toInstants(timeZone, due.local)
          const last = instants.is === 'once' ? instants.at : instants.is === 'gap' ? instants.shifted : instants.second
          expect(last).toBeGreaterThan(endedAt)
          if ('at' in due) expect(due.at).toBe(endedAt + (jobQueue.everyMinutes ?? 0) * 60_000)
        },
      ),
      { numRuns: runs },
    )
  })
})
