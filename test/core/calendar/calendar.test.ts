import { describe, expect, test } from 'vitest'
import { calendarKind } from '../../../core/calendar/kind.ts'
import { type CalendarCommand, type CalendarRow, calendarKey, decideCalendar } from '../../../core/calendar/row.ts'

const key = calendarKey('acme', 'de-holidays')
const define = (at: number, ...dates: string[]): CalendarCommand => ({
  name: 'define',
  at,
  by: 'user:alice',
  dates: dates.map((date) => ({ date })),
})
const remove = (at: number): CalendarCommand => ({ name: 'delete', at, by: 'user:bob', retentionMs: 1_000 })
const rowAfter = (...commands: CalendarCommand[]): CalendarRow =>
  commands.reduce<CalendarRow | undefined>(
    (row, command) => decideCalendar(key, row, command) as CalendarRow,
    undefined,
  ) as CalendarRow

describe('a calendar', () => {
  test('is created, and its dates are replaced', () => {
    expect(rowAfter(define(1, '2026-12-25'))).toMatchObject({
      version: 1,
      createdAt: 1,
      updatedAt: 1,
      dates: [{ date: '2026-12-25' }],
    })
    expect(rowAfter(define(1, '2026-12-25'), define(5, '2026-12-26'))).toMatchObject({
      version: 2,
      createdAt: 1,
      updatedAt: 5,
      updatedBy: 'user:alice',
      dates: [{ date: '2026-12-26' }],
    })
  })

  test('does not change for the same dates', () => {
    expect(decideCalendar(key, rowAfter(define(1, '2026-12-25')), define(2, '2026-12-25'))).toMatchObject({
      refused: 'unchanged',
    })
    const named = { ...define(2), dates: [{ date: '2026-12-25', name: 'Christmas Day' }] } as CalendarCommand
    expect(decideCalendar(key, rowAfter(define(1, '2026-12-25')), named)).toMatchObject({ version: 2 })
    expect(decideCalendar(key, rowAfter(define(1, '2026-12-25')), define(2, '2026-12-25', '2026-12-26'))).toMatchObject({
      version: 2,
    })
  })

  test('is deleted, forgotten after the retention, and may be defined again', () => {
    const deleted = rowAfter(define(1, '2026-12-25'), remove(2))
    expect(deleted).toMatchObject({ version: 2, deleted: true, dates: [], forgetAt: 1_002, updatedBy: 'user:bob' })
    expect(decideCalendar(key, deleted, remove(3))).toMatchObject({ refused: 'unknown' })
    expect(decideCalendar(key, undefined, remove(3))).toMatchObject({ refused: 'unknown' })
    const again = decideCalendar(key, deleted, define(4))
    expect(again).toEqual({
      ...key,
      version: 3,
      createdAt: 4,
      updatedAt: 4,
      updatedBy: 'user:alice',
      command: 'define',
      dates: [],
    })
  })

  test('is listed once, and each command of a caller is in the audit', () => {
    const [first, second] = [rowAfter(define(1, '2026-12-25')), rowAfter(define(1, '2026-12-25'), define(5, '2026-12-26'))]
    const effects = (before: CalendarRow | undefined, row: CalendarRow | undefined) =>
      (calendarKind.consequences?.(before, row) ?? []).map(
        (effect) => 'list' in effect && [effect.list.list, effect.entries[0]?.value],
      )
    expect(effects(undefined, first)).toEqual([
      ['calendars', 'de-holidays'],
      ['audit', { at: 1, by: 'user:alice', command: 'define', calendar: 'de-holidays' }],
    ])
    expect(effects(first, second)).toEqual([['audit', { at: 5, by: 'user:alice', command: 'define', calendar: 'de-holidays' }]])
    expect(effects(first, { ...second, updatedBy: 'system:construct' })).toEqual([])
    expect(effects(second, undefined)).toEqual([])
  })
})
