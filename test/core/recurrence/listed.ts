import { type Cursor, nextOccurrence } from '../../../core/recurrence/next.ts'
import { showInZone } from '../../../core/recurrence/zone.ts'
import { scheduleOf } from './occurrences.ts'

const calendars = { 'de-holidays': [{ date: '2026-12-25', name: 'Christmas Day' }, { date: '2026-12-26' }] }

/** The next occurrences of a series whose runs end at once, and what was left out between them. */
export const listed = (written: object, from: string, count: number) => {
  const schedule = scheduleOf(written)
  const lines: string[] = []
  const show = (at: number) => showInZone(schedule.timeZone, at)
  let cursor: Cursor = { from: Date.parse(from) }
  while (lines.filter((line) => !line.startsWith('not')).length < count) {
    const { occurrence, skipped, more } = nextOccurrence(schedule, cursor, { seed: 'a', calendars })
    for (const { nominalAt, message } of skipped) lines.push(`not ${show(nominalAt)}: ${message}`)
    if (occurrence) {
      const { nominalAt, at, reasons } = occurrence
      const odd = reasons.map(({ code, message }) => `${code}: ${message}`).join('; ')
      lines.push([show(nominalAt), at === nominalAt ? '' : `→ ${show(at)}`, odd].filter(Boolean).join(' '))
      cursor = { after: nominalAt }
    } else if (more === undefined) return [...lines, 'end']
    else cursor = { after: more }
  }
  return lines
}
