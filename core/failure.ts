import type * as z from 'zod'
import { messageFor } from './reading/messages.ts'
import { faultOf } from './reading/read.ts'
import type { Json } from './row/json.ts'

/** The input of a failure task. When it would be too large with `input`, that is absent and `inputOmitted` is true. */
export type FailureInput = {
  readonly taskId: string
  readonly type: string
  readonly attempts: number
  readonly error: { readonly code: string; readonly message: string; readonly retriable: boolean }
  readonly input?: Json
  readonly inputOmitted?: true
}

/** A sample failure of a task of this type. Only its form and `type` are reliable. */
export const sampleFailure = (type: string): FailureInput => ({
  taskId: '0'.repeat(26),
  type,
  attempts: 1,
  error: { code: 'Error', message: 'it failed', retriable: true },
  input: {},
})

/** The name and the input schema of a failure task type. */
type FailureHandler = { readonly name: string; readonly input: z.ZodType }

/**
 * An error message when the schema of a failure task type rejects every failure of type `failing`; undefined otherwise. Without
 * this check each failure task would end as `InvalidInput`, and a failed failure task is easily overlooked.
 *
 * @example failureHandlerFault('copy', { name: 'http', input: z.object({ url: z.url() }) })
 * // type http cannot take a failure as its input: /url: missing; …
 */
export const failureHandlerFault = (failing: string, { name, input }: FailureHandler): string | undefined => {
  const sample = sampleFailure(failing)
  const issues = issuesOf(input, sample).filter((issue) => rejectsEveryFailure(issue, sample))
  if (issues.length === 0) return undefined
  const shown = issues.slice(0, SHOWN_ISSUES).map((issue) => faultOf(issue, ''))
  const why = shown.map(({ path, message }) => `${path || 'the failure'}: ${message}`).join('; ')
  return `type ${name} cannot take a failure as its input: ${why}. ${FAILURE_FORM}`
}

const SHOWN_ISSUES = 3
const FAILURE_FORM =
  'The input of a failure task is {taskId, type, attempts, error: {code, message, retriable}, input}; name a type whose schema takes that'

/** A schema whose own code throws at the sample may accept a real failure, so this counts as no issue. */
const issuesOf = (schema: z.ZodType, sample: FailureInput): readonly z.core.$ZodIssue[] => {
  try {
    return schema.safeParse(sample, { error: messageFor }).error?.issues ?? []
  } catch {
    return []
  }
}

/** Codes of issues about the form of a failure, which is always the same, and not about its values. */
const STRUCTURAL: ReadonlySet<string> = new Set(['invalid_type', 'unrecognized_keys', 'invalid_key'])

/** Does every failure cause this issue? Issues in the input of the failed task do not count, because that can be any value. */
const rejectsEveryFailure = (issue: z.core.$ZodIssue, sample: FailureInput): boolean => {
  const { path } = issue
  if (path[0] === 'input' || path[0] === 'inputOmitted') return false
  if (issue.code === 'invalid_union' && issue.errors.length > 0)
    return issue.errors.every((form) => form.some((it) => rejectsEveryFailure({ ...it, path: [...path, ...it.path] }, sample)))
  const isKnown = path.length === 0 || path[0] === 'type'
  if (isKnown && (issue.code === 'invalid_value' || issue.code === 'invalid_union')) return true
  return STRUCTURAL.has(issue.code) || valueAt(sample, path) === undefined
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((part, name) => (part as Readonly<Record<PropertyKey, unknown>> | undefined)?.[name], value)
