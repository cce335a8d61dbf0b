import { Temporal } from 'temporal-polyfill'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { DAY_MS, showLocal } from '../../../core/recurrence/local.ts'
import { offsetAt, readTimeZone, showInZone, toInstants } from '../../../core/recurrence/zone.ts'
import { chain, scheduleOf } from './occurrences.ts'

/**
 * Times in zones against an independent calculation: Temporal reads the same tz database in its own way, and its disambiguation
 * `compatible` is a shifted gap and the first of two times, `later` the second.
 */

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago', // no midnight on the day of the change
  'Asia/Beirut', // the same
  'Africa/Cairo', // the same, on a Friday
  'Australia/Lord_Howe', // changes by half an hour
  'Australia/Adelaide', // offset of half an hour
  'Asia/Kathmandu', // offset of 45 minutes, no daylight saving
  'Africa/Casablanca', // the clocks go back for Ramadan
  'Pacific/Auckland', // southern summer
] as const

const [FROM, TO] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)]

/** All nominal times of a schedule within the year. */
const yearOf = (written: object): readonly number[] => {
  const schedule = scheduleOf({ ...written, endAt: new Date(TO - 1).toISOString() })
  return chain(schedule, { from: FROM }, 20_000).flatMap(({ occurrence }) => (occurrence ? [occurrence.nominalAt] : []))
}

const inYear = (instants: readonly number[]) => [...new Set(instants)].filter((at) => at >= FROM && at < TO).sort((a, b) => a - b)

type Disambiguation = 'compatible' | 'earlier' | 'later' | 'reject'

/** The instants of a time on each of these days, by Temporal; a time that is rejected has none. */
const byTemporal = (timeZone: string, days: readonly Temporal.PlainDate[], time: string, disambiguation: Disambiguation) =>
  inYear(
    days.flatMap((day) => {
      const local = day.toPlainDateTime(time)
      if (disambiguation === 'reject' && !local.toZonedDateTime(timeZone).toPlainDateTime().equals(local)) return []
      return [
        local.toZonedDateTime(timeZone, { disambiguation: disambiguation === 'reject' ? 'compatible' : disambiguation })
          .epochMilliseconds,
      ]
    }),
  )

const DAYS = Array.from({ length: 370 }, (_, index) => Temporal.PlainDate.from('2025-12-30').add({ days: index }))

describe.each(ZONES)('a year in %s', (timeZone) => {
  test.each(['30 2 * * *', '0 0 * * *', '45 1 * * *'])('of the daily series %s', (cron) => {
    const [minute = '', hour = ''] = cron.split(' ')
    const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
    const series = { timeZone, recurrence: { cron } }
    expect(yearOf(series)).toEqual(byTemporal(timeZone, DAYS, time, 'reject'))
    expect(yearOf({ ...series, daylightSaving: { gap: 'shift' } })).toEqual(byTemporal(timeZone, DAYS, time, 'compatible'))
    // The later one of two times; in a gap `later` is the shifted time.
    const second = { gap: 'shift', overlap: 'second' }
    expect(yearOf({ ...series, daylightSaving: second })).toEqual(byTemporal(timeZone, DAYS, time, 'later'))
    const both = inYear([...byTemporal(timeZone, DAYS, time, 'compatible'), ...byTemporal(timeZone, DAYS, time, 'later')])
    expect(yearOf({ ...series, daylightSaving: { gap: 'shift', overlap: 'both' } })).toEqual(both)
  })

  test('of a monthly series, as a rule and as a cron', () => {
    const days = DAYS.filter((day) => day.dayOfWeek === 5 && day.add({ weeks: 1 }).month !== day.month)
    const expected = byTemporal(timeZone, days, '09:15', 'compatible')
    const rule = 'DTSTART:20251201T091500\nRRULE:FREQ=MONTHLY;BYDAY=-1FR'
    expect(expected.length).toBe(12)
    expect(yearOf({ timeZone, recurrence: { rrule: rule } })).toEqual(expected)
    expect(yearOf({ timeZone, recurrence: { cron: '15 9 ? * FRIL *' } })).toEqual(expected)
  })

  test('of an hourly series: each instant at which the clocks show a full hour', () => {
    const expected: number[] = []
    for (let at = FROM; at < TO; at += 900_000) if ((at + offsetByTemporal(timeZone, at)) % 3_600_000 === 0) expected.push(at)
    expect(yearOf({ timeZone, recurrence: { cron: '0 * * * *' } })).toEqual(expected)
  })

  test('of the offsets', () => {
    for (let at = FROM; at < TO; at += 7 * 3_600_000) expect(offsetAt(timeZone, at)).toBe(offsetByTemporal(timeZone, at))
  })
})

const offsets = new Map<string, number>()

/** The offset by Temporal; it is asked once for each hour. */
const offsetByTemporal = (timeZone: string, at: number): number => {
  const hour = Math.floor(at / 1_800_000)
  const key = `${timeZone}${hour}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  const zoned = new Temporal.ZonedDateTime(BigInt(hour) * 1_800_000_000_000n, timeZone)
  const offset = zoned.offsetNanoseconds / 1_000_000
  offsets.set(key, offset)
  return offset
}

describe('instants of a wall-clock time', () => {
  test.each([
    ['Pacific/Apia', '2011-12-30T12:00:00'], // a day that was left out
    ['America/Sao_Paulo', '2018-11-04T00:15:00'],
    ['Europe/London', '1970-06-01T12:00:00'], // an hour ahead the whole year: the law changed later
    ['Europe/Istanbul', '2016-09-10T12:00:00'], // the law changed: no winter time any more
    ['Asia/Pyongyang', '2018-05-04T23:45:00'],
    ['Africa/Monrovia', '1971-06-01T12:00:00'], // an offset of 44 minutes and 30 seconds
    ['Africa/Sao_Tome', '2018-01-01T01:30:00'],
    ['Antarctica/Troll', '2026-03-29T01:30:00'], // a change by two hours
    ['Europe/Dublin', '2026-10-25T01:30:00'],
    ['Asia/Tokyo', '2026-03-29T02:30:00'],
  ])('are those of Temporal around the change: %s %s', (timeZone, text) => {
    for (let local = Date.parse(`${text}Z`) - 3 * DAY_MS; local < Date.parse(`${text}Z`) + 3 * DAY_MS; local += 900_000) {
      const plain = Temporal.PlainDateTime.from(showLocal(local))
      const [first, second] = (['earlier', 'later'] as const).map(
        (disambiguation) => plain.toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds,
      )
      const instants = toInstants(timeZone, local)
      const exists = plain.toZonedDateTime(timeZone).toPlainDateTime().equals(plain)
      if (first === second) expect(instants, showLocal(local)).toEqual({ is: 'once', at: first })
      else if (exists) expect(instants, showLocal(local)).toEqual({ is: 'overlap', first, second })
      else expect(instants, showLocal(local)).toEqual({ is: 'gap', shifted: second })
    }
  })
})

test('an instant is shown with the offset of its zone', () => {
  const at = Date.UTC(2026, 2, 29, 1, 30)
  expect(showInZone('Europe/Berlin', at)).toBe('2026-03-29T03:30:00+02:00')
  expect(showInZone('America/St_Johns', at)).toBe('2026-03-28T23:00:00-02:30')
  expect(showInZone('UTC', at + 5)).toBe('2026-03-29T01:30:00.005Z')
  expect(showInZone('Europe/London', Date.UTC(2026, 0, 1))).toBe('2026-01-01T00:00:00+00:00')
})

test('the runtime takes a name in any case, and more names than are kept in memory give right answers', () => {
  const letters = [...'europe/berlin'].map((letter, index) => ({ letter, index })).filter(({ letter }) => letter !== '/')
  const nameOf = (number: number) =>
    letters.reduce(
      (name, { letter, index }, bit) =>
        (number >> bit) & 1 ? `${name.slice(0, index)}${letter.toUpperCase()}${name.slice(index + 1)}` : name,
      'europe/berlin',
    )
  const names = Array.from({ length: LIMITS.zonesCount + 2 }, (_, number) => nameOf(number))
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter((name) => offsetAt(name, Date.UTC(2026, 6, 1)) !== 7_200_000)).toEqual([])
})

test('the name of a zone is an IANA name, not an offset', () => {
  expect(readTimeZone('Asia/Kolkata')).toEqual({ timeZone: 'Asia/Kolkata' })
  expect(readTimeZone('US/Eastern')).toEqual({ timeZone: 'US/Eastern' })
  for (const name of ['Berlin', '+02:00', '', 'Europe/Berlin ', 'GMT+2'])
    expect(readTimeZone(name)).toMatchObject({ refused: 'invalid' })
})
