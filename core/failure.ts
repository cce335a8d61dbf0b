import type * as z from 'zod'
import { LIMITS } from './limits.ts'
import { messageFor } from './reading/messages.ts'
import { faultOf, pointer } from './reading/read.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { Json } from './row/json.ts'

/** The failure task of a task: its type, or its type with its input. Without an input, the input is the failure. */
export type OnFailure = string | { readonly type: string; readonly input?: Json }

/** The type and the given input of a failure task. */
export const partsOf = (onFailure: OnFailure): { readonly type: string; readonly input?: Json } =>
  typeof onFailure === 'string' ? { type: onFailure } : onFailure

/** A failure as the input of a failure task, or as a part of it. When it would be too large with `input`, that is absent and `inputOmitted` is true. */
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

/**
 * The input of a failure task: the failure, or the given input. The failure is put into the field of the given input that the type
 * names (`failureField`), unless the input has that field itself.
 *
 * @example failureTaskInput({ url: 'https://ops.example.com' }, 'body', failure) // { url: 'https://ops.example.com', body: failure }
 */
export const failureTaskInput = (given: Json | undefined, field: string | undefined, failure: FailureInput): Json => {
  if (given === undefined) return failure
  return field !== undefined && hasPlaceFor(field, given) ? { ...given, [field]: failure } : given
}

/** Is the input an object without this field? */
const hasPlaceFor = (field: string, given: Json): given is { readonly [name: string]: Json } =>
  typeof given === 'object' && given !== null && !Array.isArray(given) && !Object.hasOwn(given, field)

/** The parts of a failure task type that its failure tasks depend on. */
type FailureHandler = { readonly name: string; readonly input: z.ZodType; readonly failureField?: string | undefined }

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
  const why = issues
    .slice(0, SHOWN_ISSUES)
    .map((issue) => faultOf(issue, ''))
    .map(({ path, message }) => `${path || 'the failure'}: ${message}`)
  return `type ${name} cannot take a failure as its input: ${why.join('; ')}. ${FAILURE_FORM}`
}

/**
 * The refusal of a given input of a failure task, for the same reason: it is too large, or the schema rejects it, with the failure in
 * its field. Undefined if the schema accepts it. The values of the failure are not known yet, so only its form is checked.
 *
 * @param at JSON pointer of the input
 * @example failureInputFault('copy', { name: 'http', input: httpInput, failureField: 'body' }, { url: 1 }, '/onFailure/input')
 * // /onFailure/input/url: 1; it must be a string
 */
export const failureInputFault = (failing: string, handler: FailureHandler, given: Json, at: string): Refusal | undefined => {
  const bytes = new TextEncoder().encode(JSON.stringify(given)).length
  const most = LIMITS.failureInputBytes
  if (bytes > most)
    return refuse('tooLarge', `${at}: it has ${bytes} bytes as JSON; the maximum is ${most} (failureInputBytes)`, { path: at })
  const sample = sampleFailure(failing)
  const { failureField } = handler
  const field = failureField !== undefined && hasPlaceFor(failureField, given) ? failureField : undefined
  const fault = issuesOf(handler.input, failureTaskInput(given, field, sample)).find(
    ({ path, ...issue }) => path[0] !== field || rejectsEveryFailure({ ...issue, path: path.slice(1) }, sample),
  )
  if (!fault) return undefined
  const { path, message } = faultOf(fault, at)
  const where = field === undefined ? '' : `; type ${handler.name} gets the failure in ${pointer([field])}`
  return refuse('invalid', `${path}: ${message}${where}`, { path })
}

const SHOWN_ISSUES = 3
const FAILURE_FORM =
  'The input of a failure task is {taskId, type, attempts, error: {code, message, retriable}, input}; name a type whose schema takes that, or give the failure task an input of its own'

/** A schema whose own code throws at the sample may accept a real failure, so this counts as no issue. */
const issuesOf = (schema: z.ZodType, sample: Json): readonly z.core.$ZodIssue[] => {
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
