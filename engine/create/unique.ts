import { defined } from '../../core/defined.ts'
import type { Instant } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import type { CreateTaskRequest } from '../../core/reading/task-request.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Replaceable } from '../../core/unique/policy.ts'
import {
  isBeingCreated,
  isFreshFor,
  nameForgetAt,
  needsRenewal,
  type UniqueCommand,
  type UniqueRow,
} from '../../core/unique/row.ts'
import {
  amendmentOf,
  debouncedDueAt,
  isDuplicateOf,
  isOvertaken,
  replacedFields,
  type Uniqueness,
  uniqueKeyValue,
} from '../../core/unique/uniqueness.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import { storePayload } from '../payload.ts'
import {
  type Created,
  type Duplicate,
  dropOrphan,
  idFor,
  insertTask,
  isMadeBy,
  loadTask,
  otherBody,
  signed,
  type Wanted,
  type Where,
} from './insert.ts'

/** What a request asks to be the only one of, or its type does; undefined for most. */
export const uniquenessOf = (app: App, { type, unique, debounce }: CreateTaskRequest): Uniqueness | undefined => {
  if (debounce) {
    const { key, delay, maxDelay } = debounce
    return { mode: 'debounce', key, delayMs: delay, ...defined({ maxDelayMs: maxDelay }) }
  }
  const policy = unique ?? app.types.get(type)?.unique
  return policy && { mode: 'unique', policy }
}

/**
 * Creates a task unless there is one in its way. A name stands for the newest of those that are the same, and is written
 * before its task is: so of two who come at the same time one finds the other's name and creates the task under that very
 * id, and whoever commits first has made it. A name moves on only from a task that exists and is in nobody's way.
 *
 * @throws Error when `LIMITS.applyCount` races in a row were lost
 */
export const createUnique = async (where: Where, wanted: Wanted, only: Uniqueness): Promise<Created | Refusal> => {
  const { type, input } = wanted.request
  const name = idFor([where.caller.tenant, uniqueKeyValue(only, type, input as Json)])
  for (let tries = 0; tries < LIMITS.applyCount; tries++) {
    const created = await tryCreate(where, wanted, only, name)
    if (created) return created
  }
  throw new Error(`others were faster ${LIMITS.applyCount} times to write the task that ${name} stands for; try again`)
}

/** One look and one try; undefined when somebody was faster, and everything has to be looked at again. */
const tryCreate = async (
  where: Where,
  wanted: Wanted,
  only: Uniqueness,
  name: string,
): Promise<Created | Refusal | undefined> => {
  const { at, identity } = wanted
  // What an idempotency key has been answered with is kept under a name of its own, so that it is answered so again.
  const keyed = identity.digest === undefined ? undefined : await readUniqueKey(where, identity.id)
  if (keyed?.task) return answeredBefore(keyed.row, keyed.task, wanted, only)
  const named = await readUniqueKey(where, name)
  const { row, task } = named
  if (task && isDuplicateOf(only, task, at)) return answerDuplicate(where, wanted, only, { named, task, ...defined({ keyed }) })
  const joined = !task && row && isBeingCreated(row, at) ? row.taskId : undefined
  const reserved = keyed?.row && isBeingCreated(keyed.row, at) ? keyed.row.taskId : undefined
  const taskId = joined ?? reserved ?? where.world.ids.next()
  if (keyed && !(await reserveKey(where, wanted, keyed, taskId, identity.digest))) return undefined
  if (!(await reserveKey(where, wanted, named, taskId))) return undefined
  if (keyed && reserved === taskId && (await isAnswered(where, keyed.id, taskId))) return undefined
  const made = await insertTask(where, wanted, taskId, signed(where, identity))
  return 'winner' in made ? undefined : made
}

type Found = { readonly named: UniqueKey; readonly task: TaskRow; readonly keyed?: UniqueKey }

/** There is a task in the way. The key stands for it only then when it has taken the request up: before that it may start. */
const answerDuplicate = async (
  where: Where,
  wanted: Wanted,
  only: Uniqueness,
  { named, task, keyed }: Found,
): Promise<Created | Refusal | undefined> => {
  const { at, identity, resolved } = wanted
  // The same request under the same key was faster by the time between the two looks.
  if (keyed?.row?.taskId === task.id) return answeredBefore(keyed.row, task, wanted, only)
  const created = await resolveDuplicate(where, wanted, only, task)
  if (!created || isRefusal(created)) return created
  if (keyed && !(await reserveKey(where, wanted, keyed, task.id, identity.digest))) return undefined
  if (named.row && needsRenewal(named.row, resolved.notBefore, at))
    await pointUniqueKey(where, named, { taskId: task.id, at, notBefore: resolved.notBefore })
  return created
}

/**
 * Has another try of the same request been answered meanwhile? It has met a task that was in the way then, and has its key stand for
 * that one. What this try would create now would be a second answer to one request.
 */
const isAnswered = async (where: Where, key: string, taskId: string): Promise<boolean> =>
  (await readUniqueKey(where, key)).row?.taskId !== taskId

/** Has a name stand for a task, unless it does so already. */
const reserveKey = async (
  where: Where,
  { at, resolved }: Wanted,
  named: UniqueKey,
  taskId: string,
  digest?: string,
): Promise<boolean> => {
  const saying = { taskId, at, ...defined({ digest }) }
  return isFreshFor(named.row, saying) || pointUniqueKey(where, named, { ...saying, notBefore: resolved.notBefore })
}

/** A key that was answered with another's task is answered with it again; who comes with another body is told so. */
const answeredBefore = (row: UniqueRow | undefined, task: TaskRow, { identity }: Wanted, only: Uniqueness): Created | Refusal => {
  if (row?.digest !== identity.digest) return otherBody(task)
  return { row: task, known: {}, replayed: true, ...(isMadeBy(task, identity) ? {} : { duplicateOf: duplicateFlag(only) }) }
}

/** A name as it was when it was looked at, and the task that it stood for, if that existed. */
export type UniqueKey = { readonly id: string; readonly row?: UniqueRow; readonly task?: TaskRow }

/** Looks a name up, and its task. */
export const readUniqueKey = async ({ world, caller }: Where, id: string): Promise<UniqueKey> => {
  const { tenant } = caller
  const row = await world.store.get({ kind: 'unique', tenant, id })
  const task = row && (await loadTask(world, { kind: 'task', tenant, id: row.taskId }))
  return { id, ...defined({ row, task }) }
}

/** What a name is to stand for, and when that task is due. */
export type Saying = Pick<UniqueCommand, 'taskId' | 'at' | 'digest'> & { readonly notBefore: Instant }

/** Has a name stand for a task; answers false when it has changed since it was looked at. */
export const pointUniqueKey = async (
  { world, caller }: Where,
  { id, row }: UniqueKey,
  { notBefore, ...saying }: Saying,
): Promise<boolean> => {
  const key = { kind: 'unique', tenant: caller.tenant, id } as const
  const forgetAt = nameForgetAt(notBefore, saying.at)
  const command = { name: 'point', by: caller.by, expectedVersion: row?.version ?? 0, forgetAt, ...saying } as const
  return !isRefusal(await apply(world, key, () => command, row ?? 'none'))
}

/** Answers a request with the task in its way: as it is, or amended. Undefined when that has started meanwhile. */
export const resolveDuplicate = async (
  where: Where,
  wanted: Wanted,
  only: Uniqueness,
  task: TaskRow,
): Promise<Created | Refusal | undefined> => {
  const fields = replacedFields(only, task, wanted.request.type)
  const duplicateOf = {
    ...duplicateFlag(only),
    ...(only.mode === 'unique' && only.policy.replace ? { replaced: [...fields] } : {}),
  }
  if (fields.length === 0) return { row: task, known: {}, replayed: false, duplicateOf }
  const amended = await amend(where, wanted, only, task, fields)
  return !amended || isRefusal(amended) ? amended : { ...amended, replayed: false, duplicateOf }
}

/** The flag that says why no task was created. */
export const duplicateFlag = ({ mode }: Uniqueness): Duplicate =>
  mode === 'debounce' ? { debounced: true } : { duplicate: true }

const amend = async (
  { world, caller }: Where,
  { request, resolved, at }: Wanted,
  only: Uniqueness,
  task: TaskRow,
  fields: readonly Replaceable[],
): Promise<Pick<Created, 'row' | 'known'> | Refusal | undefined> => {
  const { tenant, id, createdAt } = task
  // A name of its own: the relay drops a replaced input some time later, and must not find that another request brought it again.
  const input = fields.includes('input')
    ? await storePayload(world, task, request.input as Json, undefined, `${world.ids.next()}.`)
    : undefined
  if (isRefusal(input)) return { ...input, path: '/input' }
  const restated = only.mode === 'debounce' ? { ...resolved, notBefore: debouncedDueAt(only, createdAt, at) } : resolved
  const reason = `${only.mode === 'debounce' ? 'debounced' : 'duplicate'}: ${fields.join(', ')} replaced`
  const command = { name: 'amend', at, by: caller.by, reason, amendment: amendmentOf(fields, restated, input) } as const
  const key = { kind: 'task', tenant, id } as const
  let later: TaskRow | undefined
  const intend = (row: TaskRow | undefined) => {
    if (!row) return refuse('unknown', `task ${id} is forgotten`)
    later = row !== task && isOvertaken(only, row, at) ? row : undefined
    return later ? refuse('superseded', `a later request has amended task ${id}`) : command
  }
  const done = await apply(world, key, intend, task)
  if (!isRefusal(done)) return { row: done.after, known: input ? { input: request.input as Json } : {} }
  if (input) await dropOrphan(world, task, input)
  return later && { row: later, known: {} }
}
