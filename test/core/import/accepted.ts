import { expect } from 'vitest'
import type { ImportedSeries } from '../../../core/import/report.ts'
import { readSchedule } from '../../../core/recurrence/schedule.ts'

/** Expects that the schedule of each imported series can be read. */
export const accepts = (series: readonly ImportedSeries[]): void => {
  for (const { body } of series) {
    const { recurrence, timeZone, startAt, endAt, spread } = body
    expect(readSchedule({ recurrence, timeZone, startAt, endAt, spread }, 0)).toHaveProperty('schedule')
  }
}
