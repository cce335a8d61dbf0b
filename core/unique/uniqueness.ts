import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import type { Json } from '../row/json.ts'
import type { Amendment, CreateTask } from '../task/command.ts'
import { isUnstarted, type Payload, type TaskRow } from '../task/row.ts'
import { partAt, pathOf, type Replaceable, type UniquePolicy } from './policy.ts'

/**
 * How a request avoids duplicates. *unique*: no second task while the policy finds one. *debounce*: while the task has not
 * started, each further request replaces its input and postpones it, but never beyond `maxDelayMs` after its creation; the last
 * request wins.
 */
export type Uniqueness =
  | { readonly mode: 'unique'; readonly policy: UniquePolicy }
  | { readonly mode: 'debounce'; readonly key: string; readonly delayMs: DurationMs; readonly maxDelayMs?: DurationMs }

/**
 * The value that two requests of one tenant share when they are duplicates; its hash is the unique key. An absent path differs
 * from a path to null, and equals an absent path in another input.
 *
 * @example uniqueKeyValue({ mode: 'unique', policy: { by: ['type', '/id'], states: [] } }, 'copy', { id: 7 })
 * // ['unique', ['type', 'copy'], ['/id', 7]]
 */
export const uniqueKeyValue = (only: Uniqueness, type: string, input: Json): Json => {
  if (only.mode === 'debounce') return ['debounce', type, only.key]
  // Sorted and without repeats, so that the order of `by` does not matter.
  const by = [...new Set(only.policy.by)].sort()
  return ['unique', ...by.map((each) => valueAt(each, type, input))]
}

const valueAt = (by: string, type: string, input: Json): Json => {
  const value = by === 'type' ? type : by === 'input' ? input : partAt(input, pathOf(by) ?? [])
  return value === undefined ? [by] : [by, value]
}

/** Is a request at this time a duplicate of this task? */
export const isDuplicateOf = (only: Uniqueness, row: TaskRow, at: Instant): boolean => {
  if (only.mode === 'debounce') return isUnstarted(row)
  const { states, withinMs } = only.policy
  return states.includes(row.state) && (withinMs === undefined || at - row.createdAt < withinMs)
}

/** The fields that a duplicate request replaces on this task; none on a task of another type, because the input would not fit. */
export const replacedFields = (only: Uniqueness, row: TaskRow, type: string): readonly Replaceable[] => {
  if (!isUnstarted(row) || row.type !== type) return []
  return only.mode === 'debounce' ? ['input', 'notBefore'] : (only.policy.replace ?? [])
}

/**
 * Has a request of the same time or later amended the debounced task already? The last request wins, so this one has nothing to
 * write. In a burst few requests have to write.
 */
export const isOvertaken = ({ mode }: Uniqueness, { history }: Pick<TaskRow, 'history'>, at: Instant): boolean => {
  const last = history.at(-1)
  return mode === 'debounce' && last?.command === 'amend' && last.at >= at
}

/** The due time of a debounced task that was created at `createdAt` after a further request at `at`. */
export const debouncedDueAt = (only: Extract<Uniqueness, { mode: 'debounce' }>, createdAt: Instant, at: Instant): Instant =>
  Math.min(at + only.delayMs, only.maxDelayMs === undefined ? Number.POSITIVE_INFINITY : createdAt + only.maxDelayMs)

/** The fields of a further request that can replace those of the existing task. */
export type Replacement = Pick<CreateTask, 'policy' | 'notBefore' | 'expiresAt' | 'tags'>

/**
 * The amendment that replaces fields of a task with those of a further request; an absent field gets the value of a new task. The
 * input brings its schema version and its gate.
 */
export const amendmentOf = (fields: readonly Replaceable[], replacement: Replacement, input: Payload | undefined): Amendment => {
  const { policy, notBefore, expiresAt, tags = [] } = replacement
  const parts: Readonly<Record<Replaceable, Amendment>> = {
    input: input ? { input, schema: policy.schema, gate: policy.gate ?? 'none' } : {},
    notBefore: { notBefore },
    expiresAfter: { expiresAfterMs: expiresAt === undefined ? 'never' : expiresAt - notBefore },
    tags: { tags },
    priority: { priority: policy.priority ?? 'normal' },
    retry: { retry: policy.retry },
  }
  return Object.assign({}, ...fields.map((field) => parts[field]))
}
