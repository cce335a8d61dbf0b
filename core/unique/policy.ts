import { defined } from '../defined.ts'
import { DURATION_FORM, type DurationMs, formatDuration, parseDuration } from '../duration.ts'
import { LIMITS } from '../limits.ts'
import { show } from '../reading/messages.ts'
import { suggest } from '../reading/suggest.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Json } from '../row/json.ts'
import { isOpen, TASK_STATES, type TaskState } from '../task/row.ts'

/** What a duplicate may replace on a task that has not started. */
export const REPLACEABLE = ['input', 'notBefore', 'expiresAfter', 'tags', 'priority', 'retry'] as const
/** One of them. */
export type Replaceable = (typeof REPLACEABLE)[number]

/**
 * What makes a task the only one of its kind: tasks of a tenant that agree in all of `by` are the same, as long as the
 * newest of them is in one of `states` and was created no longer than `withinMs` ago.
 */
export type UniquePolicy = {
  /** `type`, `input`, or JSON pointers into the input. */
  readonly by: readonly string[]
  readonly withinMs?: DurationMs
  readonly states: readonly TaskState[]
  /** What a duplicate replaces; absent: nothing, it is answered with the task as it is. */
  readonly replace?: readonly Replaceable[]
}

/** The same as people write it. Absent parts have the values of `DEFAULT_UNIQUE`. */
export type UniqueInput = {
  readonly by?: readonly string[] | undefined
  readonly within?: string | undefined
  readonly states?: readonly TaskState[] | undefined
  readonly onDuplicate?: 'existing' | { readonly replace: readonly Replaceable[] } | undefined
}

/** `unique: {}`: no second task of the same type and input while one has still a way to go. */
export const DEFAULT_UNIQUE: UniquePolicy = { by: ['type', 'input'], states: TASK_STATES.filter(isOpen) }

/**
 * Reads a written policy. A refusal's `path` is relative to the policy.
 *
 * @example readUnique({ by: ['type', '/invoice'], within: '1h' })
 * // { by: ['type', '/invoice'], withinMs: 3600000, states: ['pending', 'scheduled', 'running', 'waiting'] }
 */
export const readUnique = (written: UniqueInput): UniquePolicy | Refusal => {
  const { by = DEFAULT_UNIQUE.by, within, states = DEFAULT_UNIQUE.states, onDuplicate = 'existing' } = written
  const no = badBy(by) ?? badWithin(within) ?? unknownIn('states', states, TASK_STATES)
  if (no) return no
  const withinMs = within === undefined ? undefined : parseDuration(within)
  const policy = { by, states, ...defined({ withinMs }) }
  if (onDuplicate === 'existing') return policy
  const { replace } = onDuplicate
  return unknownIn('onDuplicate/replace', replace, REPLACEABLE) ?? { ...policy, replace }
}

/** Writes a policy the way `readUnique` reads it. */
export const writeUnique = ({ by, withinMs, states, replace }: UniquePolicy) => ({
  by: [...by],
  ...(withinMs === undefined ? {} : { within: formatDuration(withinMs) }),
  states: [...states],
  onDuplicate: replace ? { replace: [...replace] } : ('existing' as const),
})

const badBy = (by: readonly string[]): Refusal | undefined => {
  const most = LIMITS.uniqueByCount
  if (by.length < 1 || by.length > most)
    return refuse('invalid', `by has ${by.length} entries; it must have 1 to ${most}`, { path: '/by' })
  const place = by.findIndex((each) => each !== 'type' && each !== 'input' && !pathOf(each))
  if (place < 0) return undefined
  return refuse('invalid', `${show(by[place])}; it must be "type", "input" or ${PATH_FORM}`, { path: `/by/${place}` })
}

const badWithin = (within: string | undefined): Refusal | undefined => {
  const ms = within === undefined ? 1 : parseDuration(within)
  if (ms !== undefined && ms >= 1 && ms <= LIMITS.horizonMs) return undefined
  const range = `above zero and at most ${formatDuration(LIMITS.horizonMs)}`
  return refuse('invalid', `within is ${show(within)}; it must be ${DURATION_FORM}, ${range}`, { path: '/within' })
}

/** Lists are read here as well as by the wire's schema, because types are defined in code that nobody may have checked. */
const unknownIn = (field: string, given: readonly string[], known: readonly string[]): Refusal | undefined => {
  const path = `/${field}`
  if (given.length === 0) return refuse('invalid', `${field} is empty; it must name some of ${known.join(', ')}`, { path })
  const place = given.findIndex((each) => !known.includes(each))
  if (place < 0) return undefined
  const [meant] = suggest(given[place] ?? '', known)
  const guess = meant ? `. Did you mean ${show(meant)}?` : ''
  return refuse('invalid', `${show(given[place])}; it must be one of ${known.join(', ')}${guess}`, {
    path: `${path}/${place}`,
  })
}

/** What a path into an input must look like, for error messages. */
export const PATH_FORM = `a JSON pointer into the input such as "/customer/id", of at most ${LIMITS.uniquePathCount} characters`

/**
 * The names that a JSON pointer is made of; undefined when it is none, or points at the whole. Source: RFC 6901.
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

/** The part of a value that a path leads to; undefined when there is none. Only what the value itself has counts. */
export const partAt = (value: Json, path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((part, name) => {
    if (Array.isArray(part)) return INDEX.test(name) ? part[Number(name)] : undefined
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name)) return undefined
    return (part as Readonly<Record<string, Json | undefined>>)[name]
  }, value)

/** An index has no leading zeros; and a list has a `length`, but that is none of its entries. */
const INDEX = /^(0|[1-9]\d*)$/
