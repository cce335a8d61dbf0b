import type { Amendment, CreateTask } from '../task/command.ts'
import type { Payload } from '../task/row.ts'
import type { Replaceable } from './policy.ts'

/** What a further request says, as far as it replaces fields of the task that was there before. */
export type Restated = Pick<CreateTask, 'policy' | 'notBefore' | 'expiresAt' | 'tags'>

/**
 * The amendment that puts fields of a further request in the place of the first one's: what it says, and where it says
 * nothing what a new task would have had. With the input come the schema that it was written for and the gate that follows
 * from it.
 */
export const amendmentOf = (fields: readonly Replaceable[], restated: Restated, input: Payload | undefined): Amendment => {
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
