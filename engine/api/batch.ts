import { LIMITS } from '../../core/limits.ts'
import { read } from '../../core/reading/read.ts'
import { isRefusal } from '../../core/refusal.ts'
import { type BatchEntry, batchAnswer } from '../../core/wire/answers.ts'
import { problemOf } from '../../core/wire/problem.ts'
import { createTasks as createBodies, createTask } from '../../core/wire/requests.ts'
import { taskOf } from '../../core/wire/task.ts'
import { sideBySide } from '../side-by-side.ts'
import { create, newIdentity, statusOf } from './create.ts'
import { identityOf, readKey } from './identity.ts'
import { type Call, operation } from './operation.ts'
import { failureProblem } from './problem.ts'

/**
 * `POST /v1/tasks/batch`. An `Idempotency-Key` covers the batch: each entry is made once, by its place. Documents are told
 * by their size, as in lists: whole, those of a hundred tasks would not fit into an answer (Lambda's may have 6 MB).
 */
export const createTasks = operation({
  body: createBodies,
  keyed: true,
  answers: { 200: batchAnswer },
  run: async (call) => {
    const key = readKey(call.request)
    if (isRefusal(key)) return key
    const items = await sideBySide(call.body.tasks, LIMITS.batchParallelCount, (raw, place) => one(call, raw, place, key.key))
    return { status: 200, body: { items } }
  },
})

/** One entry's answer, with the status and the paths that it would have alone. What is thrown is this entry's alone: the others may have been made already. */
const one = async (call: Call, raw: unknown, place: number, key: string | undefined): Promise<BatchEntry> => {
  const { path } = call.request
  try {
    const created = await entry(call, raw, place, key)
    if (!isRefusal(created)) return { status: statusOf(created), task: { ...taskOf(created.row), ...created.met } }
    const error = problemOf(created, path)
    return { status: error.status, error }
  } catch (thrown) {
    const error = failureProblem(call.world, thrown, path)
    return { status: error.status, error }
  }
}

const entry = async (call: Call, raw: unknown, place: number, key: string | undefined) => {
  const body = read(createTask, raw)
  if (isRefusal(body)) return body
  return create(call, body.value, key === undefined ? newIdentity(call) : identityOf(call.caller.tenant, key, raw, place))
}
