import { describe, expect, test } from 'vitest'
import {
  applyDateFormula,
  dateFormulaField,
  readDateFormula,
  recurByDateFormula,
  type Term,
} from '../../../core/recurrence/date-formula.ts'
import { showLocal } from '../../../core/recurrence/local.ts'
import { isRefusal } from '../../../core/refusal.ts'

const termsOf = (formula: string): readonly Term[] => {
  const read = readDateFormula(formula)
  if (isRefusal(read)) throw new Error(read.message)
  return read.terms
}
const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const applied = (formula: string, date: string) => {
  const to = applyDateFormula(termsOf(formula), day(date))
  return to === undefined ? undefined : showLocal(to).slice(0, 10)
}

describe('a date formula gives', () => {
  /** Examples of learn.microsoft.com and of pages about Business Central and Dynamics NAV that state their results. */
  test.each([
    // learn.microsoft.com, CalcDate: the reference date is 21 May 1996.
    ['CQ+1M-10D', '1996-05-21', '1996-07-20'],
    ['-WD2', '1996-05-21', '1996-05-14'],
    ['CM+30D', '1996-05-21', '1996-06-30'],
    // BCApps, T090 of Test Job Queue SNAP.
    ['<1D + CM>', '2012-03-31', '2012-04-30'],
    // stoneridgesoftware.com, Due Date Calculations Made Easy.
    ['10D', '2019-11-05', '2019-11-15'],
    ['2W', '2019-11-05', '2019-11-19'],
    ['D10', '2019-11-05', '2019-11-10'],
    ['WD4', '2019-11-05', '2019-11-07'],
    ['CM+10D', '2019-11-05', '2019-12-10'],
    ['-1Y', '2019-11-05', '2018-11-05'],
    ['5M-CY+7M-1D', '2019-06-15', '2019-07-31'],
    ['5M-CY+7M-1D', '2019-10-15', '2020-07-31'],
    ['3M-CQ+WD1', '2021-06-15', '2021-07-05'],
    // clientsfirst-us.com, Entering date formulas: the reference date is Monday, 23 September 2013.
    ['CW', '2013-09-23', '2013-09-29'],
    ['CM', '2013-09-23', '2013-09-30'],
    ['CQ', '2013-09-23', '2013-09-30'],
    ['D15', '2013-09-23', '2013-10-15'],
    ['D15 + 1M', '2013-09-23', '2013-11-15'],
    ['1M + D15', '2013-09-23', '2013-11-15'],
    ['1M + 15D', '2013-09-23', '2013-11-07'],
    ['CM +1D', '2013-09-23', '2013-10-01'],
    ['CM+1M', '2013-09-23', '2013-10-30'],
    ['CM+1M', '2013-02-23', '2013-03-28'],
    // yzhums.com, A simple date formula testing tool: on the 6th itself, D6 is the next one.
    ['D6+CM', '2024-08-05', '2024-08-31'],
    ['D6+CM', '2024-08-06', '2024-09-30'],
    ['D6+1M+CM+25D', '2024-08-06', '2024-11-25'],
  ])('%s of %s as documented: %s', (formula, date, expected) => expect(applied(formula, date)).toBe(expected))

  test.each([
    ['CD', '2026-03-04', '2026-03-04'],
    ['CWD', '2026-03-04', '2026-03-04'],
    ['-CW', '2026-03-04', '2026-03-02'],
    ['-CW', '2026-03-02', '2026-03-02'],
    ['CW', '2026-03-08', '2026-03-08'],
    ['-CM', '2026-03-31', '2026-03-01'],
    ['CM', '2028-02-01', '2028-02-29'],
    ['CQ', '2026-05-01', '2026-06-30'],
    ['-CQ', '2026-05-31', '2026-04-01'],
    ['CY', '2026-01-01', '2026-12-31'],
    ['-CY', '2026-12-31', '2026-01-01'],
    ['1M', '2026-01-31', '2026-02-28'],
    ['1M', '2028-01-31', '2028-02-29'],
    ['-1M', '2026-03-31', '2026-02-28'],
    ['1M+1M', '2026-01-31', '2026-03-28'],
    ['1Q', '2026-11-30', '2027-02-28'],
    ['1Y', '2028-02-29', '2029-02-28'],
    ['-4Y', '2028-02-29', '2024-02-29'],
    ['2WD', '2026-03-06', '2026-03-08'],
    ['0D', '2026-03-06', '2026-03-06'],
    ['-1W+WD5', '2026-03-04', '2026-02-27'],
    ['WD1', '2026-03-02', '2026-03-09'],
    ['-WD1', '2026-03-02', '2026-02-23'],
    ['WD7', '2026-03-02', '2026-03-08'],
    ['D15', '2026-03-14', '2026-03-15'],
    ['D15', '2026-12-15', '2027-01-15'],
    ['-D15', '2026-03-15', '2026-02-15'],
    ['-D15', '2026-03-16', '2026-03-15'],
    ['D31', '2026-01-31', '2026-02-28'],
    ['D31', '2026-02-28', '2026-03-31'],
    ['-D31', '2026-03-31', '2026-02-28'],
    ['W1', '2026-12-01', '2027-01-04'],
    ['W53', '2026-12-27', '2026-12-28'],
    ['W53', '2026-12-28', '2032-12-27'],
    ['-W53', '2026-12-28', '2020-12-28'],
    ['-W1', '2026-01-01', '2025-12-29'],
    ['M3', '2026-03-10', '2027-03-01'],
    ['M3', '2026-02-10', '2026-03-01'],
    ['-M3', '2026-03-10', '2026-03-01'],
    ['Q2', '2026-04-01', '2027-04-01'],
    ['-Q2', '2026-04-01', '2025-04-01'],
    ['Y2030', '2026-04-01', '2030-01-01'],
    ['-Y2026', '2026-04-01', '2026-01-01'],
    ['1M1D', '2026-04-01', '2026-05-02'],
    [' < 1d - cm > ', '2026-04-30', '2026-05-01'],
    ['cm-10d', '2026-04-01', '2026-04-20'],
    ['9999D', '2026-01-01', '2053-05-18'],
  ])('%s of %s: %s', (formula, date, expected) => expect(applied(formula, date)).toBe(expected))

  test.each([
    ['Y2026', '2026-01-01', 'a year that is over'],
    ['-Y2027', '2026-01-01', 'a year that is not over'],
    ['9999Y', '2026-01-01', 'a date after 9999'],
    ['-300Y', '2026-01-01', 'a date before 1753'],
    ['-9999M+9999M', '2026-01-01', 'a date before 1753 on the way'],
  ])('nothing for %s of %s: %s', (formula, date) => expect(applied(formula, date)).toBeUndefined())
})

describe('a wrong date formula is refused', () => {
  test.each([
    ['', 'it must have a term'],
    ['<>', 'it must have a term'],
    ['1D+XM', 'at 3, "+XM": it must be a number and a unit'],
    ['1D++1M', 'at 3, "++1M"'],
    ['1', 'at 1, "1"'],
    ['D', 'at 1, "D"'],
    ['C', 'at 1, "C"'],
    ['CX', 'at 1, "CX"'],
    ['1.5D', 'at 1, "1.5D"'],
    ['1WD15', 'at 4, "15"'],
    ['  <1D +  D32>', 'at 7, "+  D32": the number behind D must be from 1 to 31'],
    ['WD8', 'the number behind WD must be from 1 to 7'],
    ['wd0', 'the number behind WD must be from 1 to 7'],
    ['W54', 'the number behind W must be from 1 to 53'],
    ['M13', 'the number behind M must be from 1 to 12'],
    ['Q5', 'the number behind Q must be from 1 to 4'],
    ['Y76', 'the number behind Y must be from 1753 to 9999'],
    ['10000D', 'the number must be at most 9999'],
    ['<1D', '< and > must enclose the formula together'],
    ['1D>', '< and > must enclose the formula together'],
    ['<1D><1M>', '< and > may only enclose the whole formula'],
    [`${'1D+'.repeat(40)}1D`, 'it must have at most 100 characters'],
  ])('%j: %s', (formula, message) => {
    const read = readDateFormula(formula)
    expect(read).toMatchObject({ refused: 'invalid' })
    expect((read as { message: string }).message).toContain(message)
  })

  test.each(['-1D', '0D', 'CD', '-CM', '1M-2M', '-WD1', 'Y2020'])('%s never leads to a later date', (formula) => {
    const [issue] = dateFormulaField.safeParse(formula).error?.issues ?? []
    expect(issue?.message).toContain('must lead to a later date')
  })

  test.each(['1D', 'CM', '1D+CM', '1M-CM', 'CW', 'D15', '-1W+2W', 'CY', 'W53', 'Y2030', '1D-CW+6D'])(
    '%s leads to a later date on some day',
    (formula) => expect(dateFormulaField.safeParse(formula).success).toBe(true),
  )
})

describe('the runs of a date formula', () => {
  const next = (dateFormula: string, endedAt: string, startingTime?: string) => {
    const recurring = recurByDateFormula({ dateFormula, startingTime }, { timeZone: 'UTC', anchor: 0 })
    if (recurring.sort !== 'chained') throw new Error('it is chained')
    const due = recurring.afterEnd(Date.parse(`${endedAt}Z`))
    return due && 'local' in due ? showLocal(due.local) : due
  }

  test('begin at once, also before the starting time', () => {
    const recurring = recurByDateFormula({ dateFormula: '1D', startingTime: '11:00' }, { timeZone: 'UTC', anchor: 0 })
    expect(recurring.sort === 'chained' && recurring.initial(5)).toEqual({ at: 5 })
  })

  test.each([
    ['1D+CM', '2012-03-31T13:00', '11:00', '2012-04-30T11:00:00'],
    ['1D', '2026-03-04T23:59', undefined, '2026-03-05T00:00:00'],
    ['CM', '2026-03-31T10:00', '11:00', '2026-03-31T11:00:00'],
    // There the job queue runs again and again until midnight.
    ['CM', '2026-03-31T13:00', '11:00', '2026-04-30T11:00:00'],
    ['CM', '2026-03-31T11:00', '11:00', '2026-04-30T11:00:00'],
    ['CY', '2026-12-31T11:00', '11:00', '2027-12-31T11:00:00'],
    ['CW', '2026-03-08T11:00', undefined, '2026-03-15T00:00:00'],
  ])('%s after a run that ended at %s, at %s: %s', (formula, endedAt, time, expected) =>
    expect(next(formula, endedAt, time)).toBe(expected),
  )

  test('end when the formula leads no further', () => expect(next('Y2030', '2030-01-01T00:01')).toBeUndefined())
})
