import { defined } from '../defined.ts'
import { DURATION_FORM, type DurationMs, formatDuration, parseDuration } from '../duration.ts'
import { LIMITS } from '../limits.ts'
import { show } from '../reading/messages.ts'
import { suggest } from '../reading/suggest.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Json } from '../row/json.ts'
import { isOpen, TASK_STATES, type TaskState } from '../task/row.ts'

/** The fields that a duplicate request can replace on a task that has not started. */
export const REPLACEABLE = ['input', 'notBefore', 'expiresAfter', 'tags', 'priority', 'retry'] as const
/** A field that a duplicate request can replace. */
export type Replaceable = (typeof REPLACEABLE)[number]

/**
 * A uniqueness policy: a request is a duplicate when the newest task of the tenant with the same values of `by` is in one of
 * `states` and was created within `withinMs`.
 */
export type UniquePolicy = {
  /** `type`, `input`, or JSON pointers into the input. */
  readonly by: readonly string[]
  readonly withinMs?: DurationMs
  readonly states: readonly TaskState[]
  /** The fields that a duplicate replaces. Absent: the existing task stays unchanged. */
  readonly replace?: readonly Replaceable[]
}

/** A uniqueness policy in its written form. Absent fields have the values of `DEFAULT_UNIQUE`. @example { by: ['type', '/invoice'] } */
export type UniqueInput = {
  /** `type`, `input`, or JSON pointers into the input. @default ['type', 'input'] */
  readonly by?: readonly string[] | undefined
  /** Only tasks that were created within this time count. @example '1h' */
  readonly within?: string | undefined
  /** Only tasks in these states count. @default pending, scheduled, running, waiting */
  readonly states?: readonly TaskState[] | undefined
  /** The existing task stays unchanged, or gets these fields of the new request. @default 'existing' */
  readonly onDuplicate?: 'existing' | { readonly replace: readonly Replaceable[] } | undefined
}

/** The policy of `unique: {}`: no second task of the same type and input while one has not ended. */
export const DEFAULT_UNIQUE: UniquePolicy = { by: ['type', 'input'], states: TASK_STATES.filter(isOpen) }

/**
 * Reads a policy from its written form. The `path` of a refusal is relative to the policy.
 *
 * @example readUnique({ by: ['type', '/invoice'], within: '1h' })
 * // { by: ['type', '/invoice'], withinMs: 3600000, states: ['pending', 'scheduled', 'running', 'waiting'] }
 */
export const readUnique = (written: UniqueInput): UniquePolicy | Refusal => {
  const { by = DEFAULT_UNIQUE.by, within, states = DEFAULT_UNIQUE.states, onDuplicate = 'existing' } = written
  const refusal = refuseInvalidBy(by) ?? refuseInvalidWithin(within) ?? unknownIn('states', states, TASK_STATES)
  if (refusal) return refusal
  const withinMs = within === undefined ? undefined : parseDuration(within)
  const policy = { by, states, ...defined({ withinMs }) }
  if (onDuplicate === 'existing') return policy
  const { replace } = onDuplicate
  return unknownIn('onDuplicate/replace', replace, REPLACEABLE) ?? { ...policy, replace }
}

/** Writes a policy in the form that `readUnique` reads. */
export const writeUnique = ({ by, withinMs, states, replace }: UniquePolicy) => ({
  by: [...by],
  ...(withinMs === undefined ? {} : { within: formatDuration(withinMs) }),
  states: [...states],
  onDuplicate: replace ? { replace: [...replace] } : ('existing' as const),
})

const refuseInvalidBy = (by: readonly string[]): Refusal | undefined => {
  const most = LIMITS.uniqueByCount
  if (by.length < 1 || by.length > most)
    return refuse('invalid', `by has ${by.length} entries; it must have 1 to ${most}`, { path: '/by' })
  const place = by.findIndex((each) => each !== 'type' && each !== 'input' && !pathOf(each))
  if (place < 0) return undefined
  return refuse('invalid', `${show(by[place])}; it must be "type", "input" or ${PATH_FORM}`, { path: `/by/${place}` })
}

const refuseInvalidWithin = (within: string | undefined): Refusal | undefined => {
  const ms = within === undefined ? 1 : parseDuration(within)
  if (ms !== undefined && ms >= 1 && ms <= LIMITS.horizonMs) return undefined
  const range = `above zero and at most ${formatDuration(LIMITS.horizonMs)}`
  return refuse('invalid', `within is ${show(within)}; it must be ${DURATION_FORM}, ${range}`, { path: '/within' })
}

/** The API schema checks these lists too; task types are defined in code that may not have been type-checked. */
const unknownIn = (field: string, given: readonly string[], known: readonly string[]): Refusal | undefined => {
  const path = `/${field}`
  if (given.length === 0) return refuse('invalid', `${field} is empty; it must name some of ${known.join(', ')}`, { path })
  const place = given.findIndex((each) => !known.includes(each))
  if (place < 0) return undefined
  const [suggestion] = suggest(given[place] ?? '', known)
  const guess = suggestion ? `. Did you mean ${show(suggestion)}?` : ''
  return refuse('invalid', `${show(given[place])}; it must be one of ${known.join(', ')}${guess}`, {
    path: `${path}/${place}`,
  })
}

/** The form of a path into an input, for error messages. */
export const PATH_FORM = `a JSON pointer into the input such as "/customer/id", of at most ${LIMITS.uniquePathCount} characters`

/**
 * The names in a JSON pointer; undefined when the text is not a pointer, or points to the whole input. Source: RFC 6901.
 *
 * @example pathOf('/a~1b/0') // ['a/b', '0']
 */
export const pathOf = (pointer: string): readonly string[] | undefined => {
  if (!pointer.startsWith('/') || pointer.length > LIMITS.uniquePathCount || /~(?![01])/.test(pointer)) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The part of a value at a path; undefined when there is none. Inherited properties do not count. */
export const partAt = (value: Json, path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((part, name) => {
    if (Array.isArray(part)) return INDEX.test(name) ? part[Number(name)] : undefined
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name)) return undefined
    return (part as Readonly<Record<string, Json | undefined>>)[name]
  }, value)

/** An index has no leading zeros. The `length` of an array is not one of its entries. */
const INDEX = /^(0|[1-9]\d*)$/
