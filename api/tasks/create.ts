import { LIMITS } from '../../core/limits.ts'
import { read } from '../../core/reading/read.ts'
import { createTaskRequest, createTasksRequest } from '../../core/reading/task-request.ts'
import { isRefusal } from '../../core/refusal.ts'
import { create, newIdentity } from '../../engine/create/create.ts'
import { type CreateOutcome, identityOf } from '../../engine/create/insert.ts'
import { sideBySide } from '../../engine/side-by-side.ts'
import { type Call, endpoint } from '../http/endpoint.ts'
import { failureProblem } from '../http/problem.ts'
import { readKey } from '../http/request.ts'
import { problemOf } from '../schemas/problem.ts'
import { taskOf } from '../schemas/task.ts'
import { type BatchEntry, batchResult, createdTask } from '../schemas/task-commands.ts'
import { viewOf } from './get.ts'

/** `POST /v1/tasks` */
export const createTask = endpoint({
  body: createTaskRequest,
  keyed: true,
  answers: { 201: createdTask, 200: createdTask },
  run: async (call) => {
    const key = readKey(call.request)
    if (isRefusal(key)) return key
    const identity = key.key === undefined ? newIdentity(call) : identityOf(call.caller.tenant, key.key, call.raw)
    const created = await create(call, call.body, identity)
    if (isRefusal(created)) return created
    const { row, known, replayed, duplicateOf } = created
    const location = `/v1/tasks/${row.id}`
    const headers = replayed ? { location, 'idempotent-replayed': 'true' } : { location }
    return { status: statusOf(created), headers, body: { ...(await viewOf(call.world, row, known)), ...duplicateOf } }
  },
})

/** 201 for a new task, 200 for an existing one. */
export const statusOf = ({ replayed, duplicateOf }: CreateOutcome): 200 | 201 => (replayed || duplicateOf ? 200 : 201)

/**
 * `POST /v1/tasks/batch`. An `Idempotency-Key` covers the batch: each entry creates one task, by its place. The answer shows
 * the size of documents, as lists do: the documents of 100 tasks would not fit into a response (6 MB on Lambda).
 */
export const createTasks = endpoint({
  body: createTasksRequest,
  keyed: true,
  answers: { 200: batchResult },
  run: async (call) => {
    const key = readKey(call.request)
    if (isRefusal(key)) return key
    const items = await sideBySide(call.body.tasks, LIMITS.batchParallelCount, (raw, place) =>
      answerEntry(call, raw, place, key.key),
    )
    return { status: 200, body: { items } }
  },
})

/**
 * The answer of one entry, with the status and the paths of a single request. A thrown error becomes the answer of its entry
 * only, because other entries may have created their tasks already.
 */
const answerEntry = async (call: Call, raw: unknown, place: number, key: string | undefined): Promise<BatchEntry> => {
  const { path } = call.request
  try {
    const created = await createEntry(call, raw, place, key)
    if (!isRefusal(created)) return { status: statusOf(created), task: { ...taskOf(created.row), ...created.duplicateOf } }
    const error = problemOf(created, path)
    return { status: error.status, error }
  } catch (thrown) {
    const error = failureProblem(call.world, thrown, path)
    return { status: error.status, error }
  }
}

const createEntry = async (call: Call, raw: unknown, place: number, key: string | undefined) => {
  const body = read(createTaskRequest, raw)
  if (isRefusal(body)) return body
  return create(call, body.value, key === undefined ? newIdentity(call) : identityOf(call.caller.tenant, key, raw, place))
}
