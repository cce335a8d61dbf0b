import type * as z from 'zod'
import { suggest } from './suggest.ts'

/**
 * The error map for zod: each message has the value and what would be right. A message in the schema itself takes precedence.
 * The reader puts the path in front: `/limit: 500; it must be at most 100`.
 */
export const messageFor = (issue: z.core.$ZodRawIssue): string => {
  const got = show(issue.input)
  switch (issue.code) {
    case 'invalid_type':
      return `${got}; it must be ${TYPE_WORDS[issue.expected] ?? `a ${issue.expected}`}`
    case 'invalid_value':
      return `${got}; it must be ${oneOf(issue.values.map(show))}${suggestion(issue.input, issue.values)}`
    case 'too_small':
    case 'too_big':
      return boundMessage(issue, got)
    case 'not_multiple_of':
      return `${got}; it must be a multiple of ${issue.divisor}`
    case 'invalid_format':
      return `${got}; it must ${issue.pattern && issue.format === 'regex' ? `match ${issue.pattern}` : `be a valid ${issue.format}`}`
    case 'unrecognized_keys':
      return unknownKeysMessage(issue)
    case 'invalid_key':
      return 'this field name is not allowed'
    case 'invalid_union':
      return unionMessage(issue)
    default:
      return `${got}; this value is not allowed`
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  null: 'null',
  never: 'absent',
  nonoptional: 'present',
  unknown: 'present',
}

/** Characters of a value in a message; longer values are cut. */
const SHOWN_LENGTH = 80

/** A value as text in a message. @example show('a') // '"a"' */
export const show = (value: unknown): string => {
  if (value === undefined) return 'missing'
  const text = typeof value === 'bigint' || typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH - 1)}…`
}

/** The message for a union. In a discriminated union the discriminator is wrong. */
const unionMessage = (issue: z.core.$ZodRawIssue): string => {
  if ('options' in issue && Array.isArray(issue.options) && typeof issue.discriminator === 'string') {
    const value = (issue.input as Readonly<Record<string, unknown>>)[issue.discriminator]
    return `${show(value)}; it must be ${oneOf(issue.options.map(show))}${suggestion(value, issue.options)}`
  }
  return `${show(issue.input)}; it matches none of the allowed forms`
}

const oneOf = (values: readonly string[]): string =>
  values.length === 1 ? values.join('') : `one of ${values.slice(0, 40).join(', ')}`

const suggestion = (input: unknown, known: readonly unknown[]): string => {
  const guesses = typeof input === 'string' ? suggest(input, known.map(String)) : []
  return guesses.length > 0 ? `. Did you mean ${guesses.map(show).join(' or ')}?` : ''
}

type Bound = Extract<z.core.$ZodRawIssue, { code: 'too_small' | 'too_big' }>

const SIZE_UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'entries', set: 'entries', object: 'fields' }

const boundMessage = (issue: Bound, got: string): string => {
  const [limit, words] =
    issue.code === 'too_big'
      ? [issue.maximum, issue.inclusive ? 'at most' : 'below']
      : [issue.minimum, issue.inclusive ? 'at least' : 'above']
  const unit = SIZE_UNITS[issue.origin]
  if (!unit) return `${got}; it must be ${words} ${limit}`
  return `${got} has ${sizeOf(issue.input)} ${unit}; it must have ${words} ${limit}`
}

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  return Object.keys(value ?? {}).length
}

const unknownKeysMessage = (issue: Extract<z.core.$ZodRawIssue, { code: 'unrecognized_keys' }>): string => {
  const known = Object.keys((issue.inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape ?? {})
  const [first, ...others] = issue.keys
  const more = others.length > 0 ? ` (also ${others.slice(0, 10).map(show).join(', ')})` : ''
  const fields = known.length > 0 ? `the fields are ${known.join(', ')}` : 'no fields are allowed'
  return `unknown field${more}; ${fields}${suggestion(first, known)}`
}
