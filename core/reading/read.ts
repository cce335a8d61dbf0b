import type * as z from 'zod'
import { type Refusal, refuse } from '../refusal.ts'
import { messageFor } from './messages.ts'

/** Issues in one refusal: enough to correct a request at once, few enough to read. */
const SHOWN_ISSUES = 5

/**
 * Reads a value by its schema, or refuses it as `invalid` with the path, the value and what would be right.
 *
 * @param at JSON pointer of the value within the request
 * @example read(z.strictObject({ limit: z.int() }), { limit: 'x' }) // refused: /limit: "x"; it must be a whole number
 */
export const read = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at = '',
): { readonly value: z.output<Schema> } | Refusal => {
  const result = schema.safeParse(value, { error: messageFor })
  return result.success ? { value: result.data } : refusalOf(result.error.issues, at)
}

type Fault = { readonly path: string; readonly message: string }

const refusalOf = (issues: readonly z.core.$ZodIssue[], at: string): Refusal => {
  const faults = issues.map((issue) => faultOf(issue, at))
  const [first] = faults
  const more = faults.length > SHOWN_ISSUES ? `; and ${faults.length - SHOWN_ISSUES} more` : ''
  const message = faults
    .slice(0, SHOWN_ISSUES)
    .map(({ path, message }) => `${path || 'the request'}: ${message}`)
    .join('; ')
  return refuse('invalid', `${message}${more}`, { path: first?.path ?? at })
}

/** Path and message of an issue: for an unknown field its own path, for a union the issue of the best-matching form. */
export const faultOf = (issue: z.core.$ZodIssue, at: string): Fault => {
  const path = `${at}${pointer(issue.path)}`
  if (issue.code === 'unrecognized_keys') return { path: `${path}${pointer(issue.keys.slice(0, 1))}`, message: issue.message }
  if (issue.code === 'invalid_union') {
    const nearest = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a))[0]?.[0]
    if (nearest && nearest.path.length > 0) return faultOf(nearest, path)
  }
  return { path, message: issue.message }
}

const depthOf = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length))

/** Characters of one name in a pointer. A longer name is misplaced data; its beginning is enough to find it. */
const SEGMENT = 100

/** A path as a JSON pointer (RFC 6901). @example pointer(['a/b', 0]) // "/a~1b/0" */
export const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).slice(0, SEGMENT).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
