import { parseInstant } from '../../../core/instant.ts'
import { type Cursor, type Next, nextOccurrence } from '../../../core/recurrence/next.ts'
import { readSchedule, type Schedule } from '../../../core/recurrence/schedule.ts'
import { showInZone } from '../../../core/recurrence/zone.ts'
import { isRefusal } from '../../../core/refusal.ts'

/** An instant of a text such as `2026-03-29T00:00:00Z`. */
export const instant = (text: string): number => {
  const at = parseInstant(text)
  if (at === undefined) throw new TypeError(text)
  return at
}

/** The schedule of a request that is made at a time. */
export const scheduleOf = (written: object, now = '2026-01-01T00:00:00Z'): Schedule => {
  const done = readSchedule(written, instant(now))
  if (isRefusal(done)) throw new TypeError(done.message)
  return done.schedule
}

/** The answers of a chain of searches, each after the nominal time of the one before. */
export const chain = (schedule: Schedule, cursor: Cursor, count: number, seed = 'series'): readonly Next[] => {
  const found: Next[] = []
  let from = cursor
  while (found.length < count) {
    const next = nextOccurrence(schedule, from, { seed })
    found.push(next)
    const after = next.occurrence?.nominalAt ?? next.more
    if (after === undefined) break
    from = { after }
  }
  return found
}

/** Nominal times of a written schedule from a time on, as the clocks of its zone show them. */
export const times = (written: object, from: string, count: number): readonly string[] => {
  const schedule = scheduleOf(written, from)
  return chain(schedule, { from: instant(from) }, count).map(({ occurrence }) =>
    occurrence ? showInZone(schedule.timeZone, occurrence.nominalAt) : 'none',
  )
}

/** What a written schedule leaves out within the first searches from a time on. */
export const skips = (written: object, from: string, count: number): readonly string[] =>
  chain(scheduleOf(written, from), { from: instant(from) }, count).flatMap(({ skipped }) =>
    skipped.map(({ code, message }) => `${code}: ${message}`),
  )

/** The refusal of a written schedule. */
export const refusalOf = (written: unknown): string => {
  const done = readSchedule(written, 0)
  return isRefusal(done) ? done.message : 'accepted'
}
