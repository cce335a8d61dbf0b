import { show } from '../reading/messages.ts'

/**
 * The fields of the two dialects of cron:
 *
 * - five fields: Vixie cron, as in crontab(5) of ISC cron 4.1;
 * - six fields: EventBridge Scheduler, *Schedule types*, cron-based schedules.
 *
 * A field is translated into a list of numbers, so the search of the calendar sees none of the differences.
 */
export type FieldName = 'minute' | 'hour' | 'day of month' | 'month' | 'day of week' | 'year'

type Field = {
  readonly name: FieldName
  readonly least: number
  readonly most: number
  /** Names of values; the first is the name of `least`. */
  readonly names?: readonly string[]
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const TIMES = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: MONTHS },
] as const satisfies readonly Field[]

/** The fields in their order, by dialect. Sunday is 0 or 7 in Vixie cron, and 1 in EventBridge Scheduler. */
export const DIALECTS = {
  vixie: [...TIMES, { name: 'day of week', least: 0, most: 7, names: DAYS }],
  eventBridge: [...TIMES, { name: 'day of week', least: 1, most: 7, names: DAYS }, { name: 'year', least: 1970, most: 2199 }],
} as const satisfies Readonly<Record<string, readonly Field[]>>
export type Dialect = keyof typeof DIALECTS

/** What is wrong with a field: the field, the value and what would be right. */
export type Fault = { readonly fault: string }

/** The values of a field as a list of numbers; a fault for any other text. @example valuesOf(minute, '5-10/5,30', 'vixie') // [5, 10, 30] */
export const valuesOf = (field: Field, text: string, dialect: Dialect, more = ''): readonly number[] | Fault => {
  const values = new Set<number>()
  for (const item of text.split(',')) {
    const found = itemOf(field, item, dialect, more)
    if ('fault' in found) return found
    for (let value = found.from; value <= found.to; value += found.step) values.add(value)
  }
  return [...values].sort((a, b) => a - b)
}

type Span = { readonly from: number; readonly to: number; readonly step: number }

const ITEM = /^(?:(\*)|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:\/([0-9]+))?$/

/** One entry of the list of a field: a value, a range, or everything, with a step. */
const itemOf = (field: Field, item: string, dialect: Dialect, more: string): Span | Fault => {
  const [matched, star, first, last, stepText] = ITEM.exec(item) ?? []
  if (matched === undefined) return faultOf(field, item, more)
  const step = stepText === undefined ? 1 : Number(stepText)
  if (step < 1) return { fault: `${field.name} ${show(item)} has step 0; a step is at least 1` }
  if (star) return { from: field.least, to: field.most, step }
  const from = numberOf(field, first ?? '')
  if (from === undefined) return faultOf(field, first ?? '', more)
  if (last === undefined) {
    if (stepText === undefined) return { from, to: from, step }
    if (dialect === 'eventBridge') return { from, to: field.most, step }
    // ISC cron 4.1 refuses it too; other programs read it as a range to the end, or as the value alone.
    return {
      fault: `${field.name} ${show(item)} has a step after a single value; write a range, such as "${first}-${field.most}/${step}"`,
    }
  }
  const { names = [] } = field
  const to = numberOf(field, last)
  if (to === undefined) return faultOf(field, last, more)
  // "FRI-SUN": with five fields Sunday is also 7.
  const end = dialect === 'vixie' && field.name === 'day of week' && to === 0 && from > 0 ? 7 : to
  if (from > end)
    return {
      fault: `${field.name} ${show(item)} begins after its end; write two ranges, such as "${first}-${names.at(-1) ?? field.most},${names[0] ?? field.least}-${last}"`,
    }
  return { from, to: end, step }
}

/** The number of a value, which can be a name. */
export const numberOf = ({ least, most, names = [] }: Field, text: string): number | undefined => {
  const named = names.indexOf(text.toUpperCase())
  const value = named >= 0 ? named + least : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : undefined
}

/** The fault of a value that is not one of a field. */
const faultOf = (field: Field, text: string, more: string): Fault => {
  const { name, least, most, names } = field
  const words = names ? ` or ${names[0]}-${names.at(-1)}` : ''
  return { fault: `${name} is ${show(text)}; it must be ${least}-${most}${words}, a list, a range or a step${more}` }
}
