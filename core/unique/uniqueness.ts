import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import type { Json } from '../row/json.ts'
import type { Amendment, CreateTask } from '../task/command.ts'
import { isUnstarted, type Payload, type TaskRow } from '../task/row.ts'
import { partAt, pathOf, type Replaceable, type UniquePolicy } from './policy.ts'

/**
 * What a request asks to be the only one of. *Unique*: no second task while the policy says that there is one. *Debounce*:
 * as long as the task has not started, each further request replaces its input and puts it off, but never beyond
 * `maxDelayMs` after its creation; so the last one wins.
 */
export type Uniqueness =
  | { readonly mode: 'unique'; readonly policy: UniquePolicy }
  | { readonly mode: 'debounce'; readonly key: string; readonly delayMs: DurationMs; readonly maxDelayMs?: DurationMs }

/**
 * What two requests of one tenant must have in common to mean the same task: a value to be hashed. A path that is absent
 * from the input is told from one that leads to null, and absent from two inputs it is the same in both.
 *
 * @example samenessOf({ mode: 'unique', policy: { by: ['type', '/id'], states: [] } }, 'copy', { id: 7 })
 * // ['unique', ['type', 'copy'], ['/id', 7]]
 */
export const uniqueKeyValue = (only: Uniqueness, type: string, input: Json): Json => {
  if (only.mode === 'debounce') return ['debounce', type, only.key]
  // In one order and once each, so that the same list in another order means the same.
  const by = [...new Set(only.policy.by)].sort()
  return ['unique', ...by.map((each) => valueAt(each, type, input))]
}

const valueAt = (by: string, type: string, input: Json): Json => {
  const value = by === 'type' ? type : by === 'input' ? input : partAt(input, pathOf(by) ?? [])
  return value === undefined ? [by] : [by, value]
}

/** Does this task stand in the way of another one? */
export const isDuplicateOf = (only: Uniqueness, row: TaskRow, at: Instant): boolean => {
  if (only.mode === 'debounce') return isUnstarted(row)
  const { states, withinMs } = only.policy
  return states.includes(row.state) && (withinMs === undefined || at - row.createdAt < withinMs)
}

/** What a further request replaces on this task. An input that was meant for another type has no business there. */
export const replacedFields = (only: Uniqueness, row: TaskRow, type: string): readonly Replaceable[] => {
  if (!isUnstarted(row) || row.type !== type) return []
  return only.mode === 'debounce' ? ['input', 'notBefore'] : (only.policy.replace ?? [])
}

/**
 * Has a request that came no earlier taken the place of this one while it was on its way? The last one wins, so this one has
 * nothing to add; of a burst, few have to write.
 */
export const isOvertaken = ({ mode }: Uniqueness, { history }: Pick<TaskRow, 'history'>, at: Instant): boolean => {
  const last = history.at(-1)
  return mode === 'debounce' && last?.verb === 'amend' && last.at >= at
}

/** When a debounced task that was created then is due, if it is asked for again now. */
export const debouncedDueAt = (only: Extract<Uniqueness, { mode: 'debounce' }>, createdAt: Instant, at: Instant): Instant =>
  Math.min(at + only.delayMs, only.maxDelayMs === undefined ? Number.POSITIVE_INFINITY : createdAt + only.maxDelayMs)

/** What a further request says, as far as it replaces fields of the task that was there before. */
export type Replacement = Pick<CreateTask, 'policy' | 'notBefore' | 'expiresAt' | 'tags'>

/**
 * The amendment that puts fields of a further request in the place of the first one's: what it says, and where it says
 * nothing what a new task would have had. With the input come the schema that it was written for and the gate that follows
 * from it.
 */
export const amendmentOf = (fields: readonly Replaceable[], restated: Replacement, input: Payload | undefined): Amendment => {
  const { policy, notBefore, expiresAt, tags = [] } = restated
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
