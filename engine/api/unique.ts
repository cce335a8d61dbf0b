import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { isInTheWay, type Only, samenessOf } from '../../core/unique/only.ts'
import { isComing, isFading, standsFor, type UniqueRow } from '../../core/unique/row.ts'
import type { CreateTaskRequest } from '../../core/wire/requests.ts'
import type { App } from '../app.ts'
import { idFor } from './identity.ts'
import { type Created, isMadeBy, make, otherBody, signed, type Wanted, type Where } from './make.ts'
import { meet, metBy } from './meet.ts'
import { look, type Named, point } from './name.ts'

/** What a request asks to be the only one of, or its type does; undefined for most. */
export const onlyOf = (app: App, { type, unique, debounce }: CreateTaskRequest): Only | undefined => {
  if (debounce) {
    const { key, delay, maxDelay } = debounce
    return { only: 'debounce', key, delayMs: delay, ...(maxDelay === undefined ? {} : { maxDelayMs: maxDelay }) }
  }
  const policy = unique ?? app.types.get(type)?.unique
  return policy && { only: 'unique', policy }
}

/**
 * Creates a task unless there is one in its way. A name stands for the newest of those that are the same, and is written
 * before its task is: so of two who come at the same time one finds the other's name and creates the task under that very
 * id, and whoever commits first has made it. A name moves on only from a task that exists and is in nobody's way.
 *
 * @throws Error when `LIMITS.applyCount` races in a row were lost
 */
export const createOnly = async (where: Where, wanted: Wanted, only: Only): Promise<Created | Refusal> => {
  const { type, input } = wanted.request
  const name = idFor([where.caller.tenant, samenessOf(only, type, input as Json)])
  for (let tries = 0; tries < LIMITS.applyCount; tries++) {
    const created = await take(where, wanted, only, name)
    if (created) return created
  }
  throw new Error(`others were faster ${LIMITS.applyCount} times to write the task that ${name} stands for; try again`)
}

/** One look and one try; undefined when somebody was faster, and everything has to be looked at again. */
const take = async (where: Where, wanted: Wanted, only: Only, name: string): Promise<Created | Refusal | undefined> => {
  const { at, identity } = wanted
  // What an idempotency key has been answered with is kept under a name of its own, so that it is answered so again.
  const keyed = identity.digest === undefined ? undefined : await look(where, identity.id)
  if (keyed?.task) return answeredBefore(keyed.row, keyed.task, wanted, only)
  const named = await look(where, name)
  const { row, task } = named
  if (task && isInTheWay(only, task, at)) return find(where, wanted, only, { named, task, ...(keyed ? { keyed } : {}) })
  const joined = !task && row && isComing(row, at) ? row.taskId : undefined
  const reserved = keyed?.row && isComing(keyed.row, at) ? keyed.row.taskId : undefined
  const taskId = joined ?? reserved ?? where.world.ids.next()
  if (keyed && !(await stand(where, wanted, keyed, taskId, identity.digest))) return undefined
  if (!(await stand(where, wanted, named, taskId))) return undefined
  if (keyed && reserved === taskId && (await isAnswered(where, keyed.id, taskId))) return undefined
  const made = await make(where, wanted, taskId, signed(where, identity))
  return 'winner' in made ? undefined : made
}

type Found = { readonly named: Named; readonly task: TaskRow; readonly keyed?: Named }

/** There is a task in the way. The key stands for it only then when it has taken the request up: before that it may start. */
const find = async (
  where: Where,
  wanted: Wanted,
  only: Only,
  { named, task, keyed }: Found,
): Promise<Created | Refusal | undefined> => {
  const { at, identity, plan } = wanted
  // The same request under the same key was faster by the time between the two looks.
  if (keyed?.row?.taskId === task.id) return answeredBefore(keyed.row, task, wanted, only)
  const created = await meet(where, wanted, only, task)
  if (!created || isRefusal(created)) return created
  if (keyed && !(await stand(where, wanted, keyed, task.id, identity.digest))) return undefined
  if (named.row && isFading(named.row, plan.notBefore, at))
    await point(where, named, { taskId: task.id, at, notBefore: plan.notBefore })
  return created
}

/**
 * Has another try of the same request been answered meanwhile? It has met a task that was in the way then, and has its key stand for
 * that one. What this try would create now would be a second answer to one request.
 */
const isAnswered = async (where: Where, key: string, taskId: string): Promise<boolean> =>
  (await look(where, key)).row?.taskId !== taskId

/** Has a name stand for a task, unless it does so already. */
const stand = async (where: Where, { at, plan }: Wanted, named: Named, taskId: string, digest?: string): Promise<boolean> => {
  const saying = { taskId, at, ...(digest === undefined ? {} : { digest }) }
  return standsFor(named.row, saying) || point(where, named, { ...saying, notBefore: plan.notBefore })
}

/** A key that was answered with another's task is answered with it again; who comes with another body is told so. */
const answeredBefore = (row: UniqueRow | undefined, task: TaskRow, { identity }: Wanted, only: Only): Created | Refusal => {
  if (row?.digest !== identity.digest) return otherBody(task)
  return { row: task, known: {}, replayed: true, ...(isMadeBy(task, identity) ? {} : { met: metBy(only) }) }
}
