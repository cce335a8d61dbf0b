import { isRefusal, type Refusal } from '../../core/refusal.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { taskView } from '../../core/wire/task.ts'
import { type Call, operation } from './operation.ts'
import { keyOf, noTask, viewOf } from './tasks.ts'

/** `GET /v1/tasks/{id}` */
export const getTask = operation({
  answers: { 200: taskView },
  run: async (call) => {
    const row = await load(call)
    return isRefusal(row) ? row : { status: 200, body: await viewOf(call.world, row) }
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

const load = async (call: Call): Promise<TaskRow | Refusal> => {
  const key = keyOf(call)
  if (isRefusal(key)) return key
  const row = await call.world.store.get(key)
  return row?.kind === 'task' ? row : noTask()
}
