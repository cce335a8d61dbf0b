import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  applyDateFormula,
  dateFormulaField,
  readDateFormula,
  recurByDateFormula,
  type Term,
} from '../../../core/recurrence/date-formula.ts'
import { DAY_MS, localOf, showLocal, startOfDay } from '../../../core/recurrence/local.ts'
import { isRefusal } from '../../../core/refusal.ts'

/** Applies a term by looking at one day after another, with nothing but the parts of the calendar. */
const walked = (term: Term, from: number): number => {
  const partsOf = (at: number) => {
    const date = new Date(at)
    const weekday = date.getUTCDay() || 7
    const thursday = new Date(at + (4 - weekday) * DAY_MS)
    const week = Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / (7 * DAY_MS)) + 1
    const month = date.getUTCMonth() + 1
    return { day: date.getUTCDate(), weekday, week, month, quarter: Math.ceil(month / 3), year: date.getUTCFullYear() }
  }
  const isLastOf = {
    D: () => true,
    W: (at: number) => partsOf(at).weekday === 7,
    M: (at: number) => partsOf(at + DAY_MS).month !== partsOf(at).month,
    Q: (at: number) => partsOf(at + DAY_MS).quarter !== partsOf(at).quarter,
    Y: (at: number) => partsOf(at + DAY_MS).year !== partsOf(at).year,
  }
  const step = term.sign * DAY_MS
  let at = from
  if (term.is === 'current') {
    while (!isLastOf[term.unit](term.sign > 0 ? at : at - DAY_MS)) at += step
    return at
  }
  if (term.is === 'ordinal') {
    const { unit, ordinal } = term
    const matches = {
      D: (it: number) => partsOf(it).day === ordinal || (partsOf(it).day < ordinal && isLastOf.M(it)),
      WD: (it: number) => partsOf(it).weekday === ordinal,
      W: (it: number) => partsOf(it).week === ordinal && partsOf(it).weekday === 1,
      M: (it: number) => partsOf(it).month === ordinal && partsOf(it).day === 1,
      Q: (it: number) => partsOf(it).month === ordinal * 3 - 2 && partsOf(it).day === 1,
      Y: (it: number) => partsOf(it).year === ordinal && partsOf(it).month === 1 && partsOf(it).day === 1,
    }
    do at += step
    while (!matches[unit](at))
    return at
  }
  if (term.unit === 'D' || term.unit === 'W') return from + step * term.count * (term.unit === 'W' ? 7 : 1)
  const wanted = partsOf(from).day
  for (let months = term.count * { M: 1, Q: 3, Y: 12 }[term.unit]; months > 0; months--) {
    const { month } = partsOf(at)
    while (partsOf(at).month === month) at += step
    if (term.sign > 0) while (!isLastOf.M(at)) at += step
    else while (partsOf(at).day !== 1) at += step
    // It is the last or the first day of the month now; the wanted day is set at the end.
  }
  if (term.count === 0) return from
  while (partsOf(at).day !== 1) at -= DAY_MS
  while (partsOf(at).day < wanted && !isLastOf.M(at)) at += DAY_MS
  return at
}

const runs = Number(process.env.CARILLON_PROPERTY_RUNS ?? 300)
const signs = fc.constantFrom(1 as const, -1 as const)
const someTerm: fc.Arbitrary<Term> = fc.oneof(
  fc.record({
    is: fc.constant('count' as const),
    sign: signs,
    count: fc.nat(40),
    unit: fc.constantFrom('D', 'W', 'M', 'Q', 'Y'),
  }),
  fc.record({ is: fc.constant('current' as const), sign: signs, unit: fc.constantFrom('D', 'W', 'M', 'Q', 'Y') }),
  fc.constantFrom(['D', 31], ['WD', 7], ['W', 53], ['M', 12], ['Q', 4]).chain(([unit, most]) =>
    fc.record({
      is: fc.constant('ordinal' as const),
      sign: signs,
      unit: fc.constant(unit),
      ordinal: fc.nat(Number(most) - 1).map((it) => it + 1),
    }),
  ) as fc.Arbitrary<Term>,
)
const someDay = fc.integer({ min: localOf(1900, 1, 1) / DAY_MS, max: localOf(2100, 1, 1) / DAY_MS }).map((it) => it * DAY_MS)
const written = (term: Term) => {
  const sign = term.sign > 0 ? '+' : '-'
  if (term.is === 'count') return `${sign}${term.count}${term.unit}`
  return term.is === 'current' ? `${sign}C${term.unit}` : `${sign}${term.unit}${term.ordinal}`
}

describe('a date formula, as a property,', () => {
  it('gives what a walk through the days gives', () => {
    fc.assert(
      fc.property(fc.array(someTerm, { minLength: 1, maxLength: 4 }), someDay, (terms, from) => {
        const expected = terms.reduce((at, term) => walked(term, at), from)
        expect(showLocal(applyDateFormula(terms, from) ?? Number.NaN)).toBe(showLocal(expected))
      }),
      { numRuns: runs },
    )
  })

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.array(someTerm, { minLength: 1, maxLength: 4 }), fc.boolean(), (terms, isBare) => {
        const text = terms.map(written).join(' ')
        expect(readDateFormula(isBare ? text : `<${text.toLowerCase()}>`)).toEqual({ terms })
      }),
      { numRuns: runs },
    )
  })

  it('is read or refused, but never throws', () => {
    const some = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...'0123456789CDWMQY+-<> cd'), { maxLength: 12 }).map((it) => it.join('')),
    )
    fc.assert(
      fc.property(some, (text) => {
        const read = readDateFormula(text)
        expect(isRefusal(read) || read.terms.length > 0).toBe(true)
      }),
      { numRuns: runs },
    )
  })

  it('leads to runs that are later than the end of the run before, and few days of tries are enough', () => {
    fc.assert(
      fc.property(fc.array(someTerm, { minLength: 1, maxLength: 3 }), someDay, fc.nat(DAY_MS - 1), (terms, from, time) => {
        const formula = terms.map(written).join('')
        fc.pre(dateFormulaField.safeParse(formula).success)
        const recurring = recurByDateFormula({ dateFormula: formula, startingTime: '12:00' }, { timeZone: 'UTC', anchor: 0 })
        const due = recurring.sort === 'chained' ? recurring.afterEnd(from + time) : undefined
        expect(due && 'local' in due && due.local > from + time && due.local - startOfDay(due.local) === DAY_MS / 2).toBe(true)
      }),
      { numRuns: Math.ceil(runs / 3) },
    )
  })
})
