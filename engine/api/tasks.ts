import type { KeyOf } from '../../core/kinds.ts'
import { TASK_ID } from '../../core/reading/names.ts'
import { type Refusal, refuse } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import type { Payload, TaskRow } from '../../core/task/row.ts'
import { type Loaded, type Task, taskOf } from '../../core/wire/task.ts'
import type { Call } from './operation.ts'

/** The no for an id that this tenant has no task under: the same, word for word, whether another tenant has one or nobody. */
export const noTask = (): Refusal => refuse('unknown', 'this tenant has no task with this id')

/** The key of the task that a call names; refused when nothing could ever be called so. */
export const keyOf = ({ caller, id }: Pick<Call, 'caller' | 'id'>): KeyOf<'task'> | Refusal =>
  TASK_ID.test(id) ? { kind: 'task', tenant: caller.tenant, id } : noTask()

/**
 * The task as wires show it, with the payloads that are kept beside its row. `known` saves reading what is at hand.
 * A document that is gone is told by its size: the store forgets it and the row each in its own time, hours or days apart.
 */
export const viewOf = async (world: Call['world'], row: TaskRow, known: Loaded = {}): Promise<Task> => {
  const bring = async (payload: Payload | undefined): Promise<Json | undefined> => {
    if (!payload || !('document' in payload)) return undefined
    const text = await world.store.getDocument(row.tenant, row.id, payload.document)
    return text === undefined ? undefined : (JSON.parse(text) as Json)
  }
  const [input, output] = await Promise.all([known.input ?? bring(row.input), known.output ?? bring(row.output)])
  return taskOf(row, { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) })
}
