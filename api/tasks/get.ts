import { defined } from '../../core/defined.ts'
import type { KeyOf } from '../../core/kinds.ts'
import { TASK_ID } from '../../core/reading/names.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import { attemptsOf } from '../../core/task/attempts.ts'
import { failureTaskId, type Loaded, type Payload, type TaskRow } from '../../core/task/row.ts'
import { loadNotes } from '../../engine/execute/notes.ts'
import { type Call, endpoint } from '../http/endpoint.ts'
import { attemptList, attemptListOf, progressOf } from '../schemas/attempts.ts'
import { errorOf } from '../schemas/error.ts'
import { type Task, taskOf, taskView } from '../schemas/task.ts'

/** `GET /v1/tasks/{id}` */
export const getTask = endpoint({
  answers: { 200: taskView },
  run: async (call) => {
    const row = await loadTask(call)
    if (isRefusal(row)) return row
    const more = await Promise.all([viewOf(call.world, row), failureTaskOf(call, row), progressNow(call, row)])
    return { status: 200, body: Object.assign({}, ...more) }
  },
})

/** `HEAD /v1/tasks/{id}`: reads only the row, not its payloads. */
export const hasTask = endpoint({
  answers: { 200: undefined },
  run: async (call) => {
    const row = await loadTask(call)
    return isRefusal(row) ? row : { status: 200, headers: { 'content-type': 'application/json' } }
  },
})

/** The state of the failure task of a failed task. It may not exist yet, or no longer. */
const failureTaskOf = async ({ world }: Call, row: TaskRow): Promise<Pick<Task, 'failureTaskState' | 'failureTaskError'>> => {
  if (row.state !== 'failed' || !row.onFailure) return {}
  const handler = await world.store.get({ kind: 'task', tenant: row.tenant, id: failureTaskId(row) })
  if (handler?.kind !== 'task') return {}
  const { state, error } = handler
  return { failureTaskState: state, ...(error ? { failureTaskError: errorOf(error) } : {}) }
}

/** The progress of the running attempt, if its handler reports any. */
const progressNow = async ({ world }: Call, row: TaskRow): Promise<Pick<Task, 'progress'>> => {
  if (row.state !== 'running' || !row.lease) return {}
  const { progress } = await loadNotes(world, row, row.lease.owner)
  return progress ? { progress: progressOf(row.attempt, progress) } : {}
}

/** Loads the row of the task in the path. */
export const loadTask = async (call: Call): Promise<TaskRow | Refusal> => {
  const key = keyOf(call)
  if (isRefusal(key)) return key
  const row = await call.world.store.get(key)
  return row?.kind === 'task' ? row : noTask()
}

/** The refusal of an unknown id. The text is the same if another tenant has this id, so that it reveals nothing. */
export const noTask = (): Refusal => refuse('unknown', 'this tenant has no task with this id')

/** The key of the task in the path; refused if no task can have such an id. */
export const keyOf = ({ caller, id }: Pick<Call, 'caller' | 'id'>): KeyOf<'task'> | Refusal =>
  TASK_ID.test(id) ? { kind: 'task', tenant: caller.tenant, id } : noTask()

/**
 * The view of a task with the payloads that are stored beside its row. `loaded` are payloads that need not be read again.
 * A missing document is shown by its size: the store expires it and the row separately, hours or days apart.
 */
export const viewOf = async (world: Call['world'], row: TaskRow, loaded: Loaded = {}): Promise<Task> => {
  const load = async (payload: Payload | undefined): Promise<Json | undefined> => {
    if (!payload || !('document' in payload)) return undefined
    const text = await world.store.getDocument(row.tenant, row.id, payload.document)
    return text === undefined ? undefined : (JSON.parse(text) as Json)
  }
  const [input, output, failureInput] = await Promise.all([
    loaded.input ?? load(row.input),
    loaded.output ?? load(row.output),
    loaded.failureInput ?? load(row.onFailure?.input),
  ])
  return taskOf(row, { ...defined({ input, output, failureInput }) })
}

/** `GET /v1/tasks/{id}/attempts` */
export const listAttempts = endpoint({
  answers: { 200: attemptList },
  run: async (call) => {
    const row = await loadTask(call)
    return isRefusal(row) ? row : { status: 200, body: await attemptsAnswer(call.world, row) }
  },
})

const attemptsAnswer = async (world: Call['world'], row: TaskRow) => {
  const { attempts, older } = attemptsOf(row)
  const notes = await Promise.all(attempts.map(async ({ owner }) => [owner, await loadNotes(world, row, owner)] as const))
  return attemptListOf(attempts, older, new Map(notes))
}
