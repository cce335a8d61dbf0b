import { isRefusal, type Refusal } from '../../core/refusal.ts'
import { failureTaskId, type TaskRow } from '../../core/task/row.ts'
import { progressOf } from '../../core/wire/attempts.ts'
import { errorOf } from '../../core/wire/error.ts'
import { type Task, taskView } from '../../core/wire/task.ts'
import { loadNotes } from '../notes.ts'
import { type Call, operation } from './operation.ts'
import { keyOf, noTask, viewOf } from './tasks.ts'

/** `GET /v1/tasks/{id}` */
export const getTask = operation({
  answers: { 200: taskView },
  run: async (call) => {
    const row = await load(call)
    if (isRefusal(row)) return row
    const more = await Promise.all([viewOf(call.world, row), failureTaskOf(call, row), progressNow(call, row)])
    return { status: 200, body: Object.assign({}, ...more) }
  },
})

/** `HEAD /v1/tasks/{id}`: one read, whatever the size of its payloads. */
export const hasTask = operation({
  answers: { 200: undefined },
  run: async (call) => {
    const row = await load(call)
    return isRefusal(row) ? row : { status: 200, headers: { 'content-type': 'application/json' } }
  },
})

/** How the failure task of a failed task stands. It may not be there yet, or not any more. */
const failureTaskOf = async ({ world }: Call, row: TaskRow): Promise<Pick<Task, 'failureTaskState' | 'failureTaskError'>> => {
  if (row.state !== 'failed' || !row.onFailure) return {}
  const handler = await world.store.get({ kind: 'task', tenant: row.tenant, id: failureTaskId(row) })
  if (handler?.kind !== 'task') return {}
  const { state, error } = handler
  return { failureTaskState: state, ...(error ? { failureTaskError: errorOf(error) } : {}) }
}

/** How far the attempt that is running has come, if its handler says. */
const progressNow = async ({ world }: Call, row: TaskRow): Promise<Pick<Task, 'progress'>> => {
  if (row.state !== 'running' || !row.lease) return {}
  const { progress } = await loadNotes(world, row, row.lease.owner)
  return progress ? { progress: progressOf(row.attempt, progress) } : {}
}

/** The row of the task that a call names. */
export const load = async (call: Call): Promise<TaskRow | Refusal> => {
  const key = keyOf(call)
  if (isRefusal(key)) return key
  const row = await call.world.store.get(key)
  return row?.kind === 'task' ? row : noTask()
}
