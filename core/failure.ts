import type * as z from 'zod'
import { messageFor } from './reading/messages.ts'
import { faultOf } from './reading/read.ts'
import type { Json } from './row/json.ts'

/** What a failure task gets as input. `input` is left out, and `inputOmitted` says so, when both do not fit together. */
export type FailureInput = {
  readonly taskId: string
  readonly type: string
  readonly attempts: number
  readonly error: { readonly code: string; readonly message: string; readonly retriable: boolean }
  readonly input?: Json
  readonly inputOmitted?: true
}

/** What the failure of a task of this type may look like. Only its form and its type can be relied on. */
export const sampleFailure = (type: string): FailureInput => ({
  taskId: '0'.repeat(26),
  type,
  attempts: 1,
  error: { code: 'Error', message: 'it failed', retriable: true },
  input: {},
})

/** The type of failure tasks, as far as their input says. */
type FailureHandler = { readonly name: string; readonly input: z.ZodType }

/**
 * Why tasks of type `handler` can never take the failures of tasks of type `failing`, in words; undefined when they may.
 * Better said at once than by each failure task's end as `InvalidInput`, which nobody expects to have to watch.
 *
 * @example failureMisfit('copy', { name: 'http', input: z.object({ url: z.url() }) })
 * // type http cannot take a failure as its input: /url: missing; …
 */
export const failureHandlerFault = (failing: string, { name, input }: FailureHandler): string | undefined => {
  const sample = sampleFailure(failing)
  const issues = issuesOf(input, sample).filter((issue) => rejectsEveryFailure(issue, sample))
  if (issues.length === 0) return undefined
  const shown = issues.slice(0, SHOWN_ISSUES).map((issue) => faultOf(issue, ''))
  const why = shown.map(({ path, message }) => `${path || 'the whole'}: ${message}`).join('; ')
  return `type ${name} cannot take a failure as its input: ${why}. ${FAILURE_FORM}`
}

const SHOWN_ISSUES = 3
const FAILURE_FORM =
  'What a failure task gets is {taskId, type, attempts, error: {code, message, retriable}, input}; name a type whose schema takes that'

/** A schema whose own code throws at the sample may still take a real failure. */
const issuesOf = (schema: z.ZodType, sample: FailureInput): readonly z.core.$ZodIssue[] => {
  try {
    return schema.safeParse(sample, { error: messageFor }).error?.issues ?? []
  } catch {
    return []
  }
}

/** Kinds of issues that are about the form of a failure, which is always the same, and not about the values in it. */
const STRUCTURAL: ReadonlySet<string> = new Set(['invalid_type', 'unrecognized_keys', 'invalid_key'])

/** Would any failure meet this issue? The failed task's own input may be anything, so what is wrong with it says nothing. */
const rejectsEveryFailure = (issue: z.core.$ZodIssue, sample: FailureInput): boolean => {
  const { path } = issue
  if (path[0] === 'input' || path[0] === 'inputOmitted') return false
  if (issue.code === 'invalid_union' && issue.errors.length > 0)
    return issue.errors.every((form) => form.some((it) => rejectsEveryFailure({ ...it, path: [...path, ...it.path] }, sample)))
  const isKnown = path.length === 0 || path[0] === 'type'
  if (isKnown && (issue.code === 'invalid_value' || issue.code === 'invalid_union')) return true
  return STRUCTURAL.has(issue.code) || partOf(sample, path) === undefined
}

const partOf = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((part, name) => (part as Readonly<Record<PropertyKey, unknown>> | undefined)?.[name], value)
