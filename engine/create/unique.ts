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
import { farTasksCheck } from '../far-tasks.ts'
import { storePayload } from '../payload.ts'
import {
  type CreateContext,
  type CreateOutcome,
  type Creation,
  type Duplicate,
  dropOrphan,
  idFor,
  insertTask,
  isMadeBy,
  loadTask,
  otherBody,
  requestDigestOf,
} from './insert.ts'

/** The uniqueness that a request or its type asks for; undefined for most requests. */
export const uniquenessOf = (app: App, { type, unique, debounce }: CreateTaskRequest): Uniqueness | undefined => {
  if (debounce) {
    const { key, delay, maxDelay } = debounce
    return { mode: 'debounce', key, delayMs: delay, ...defined({ maxDelayMs: maxDelay }) }
  }
  const policy = unique ?? app.types.get(type)?.unique
  return policy && { mode: 'unique', policy }
}

/**
 * Creates a task unless a task blocks it by its uniqueness. The order of the writes prevents duplicates: first a *unique
 * row* (its key is a digest of the uniqueness) that names the id of the task, then the task under that id. Of two
 * simultaneous requests one finds the unique row of the other, both insert the task under the same id, and the first insert
 * wins. A unique row is pointed to another task only when its task exists and blocks no new one. An idempotency key is pointed
 * to the task between the two.
 *
 * @throws Error after `LIMITS.applyCount` lost races
 */
export const createUnique = async (
  context: CreateContext,
  creation: Creation,
  uniqueness: Uniqueness,
): Promise<CreateOutcome | Refusal> => {
  const { type, input } = creation.request
  const name = idFor([context.caller.tenant, uniqueKeyValue(uniqueness, type, input as Json)])
  for (let tries = 0; tries < LIMITS.applyCount; tries++) {
    const created = await tryCreate(context, creation, uniqueness, name)
    if (created) return created
  }
  throw new Error(`the task of unique key ${name} was written by others during each of ${LIMITS.applyCount} tries; try again`)
}

/** One try; undefined after a lost race: then everything must be read again. */
const tryCreate = async (
  context: CreateContext,
  creation: Creation,
  uniqueness: Uniqueness,
  name: string,
): Promise<CreateOutcome | Refusal | undefined> => {
  const { at, identity } = creation
  // A second unique row stores the task that answered the idempotency key, so that a repeat gets the same answer.
  const requestKey = identity.digest === undefined ? undefined : await readUniqueKey(context, identity.id)
  if (requestKey?.task) return answeredBefore(requestKey.row, requestKey.task, creation, uniqueness)
  const uniqueKey = await readUniqueKey(context, name)
  const { row, task } = uniqueKey
  const own = await taskOf(context, requestKey?.row, uniqueKey)
  if (own) return answeredBefore(requestKey?.row, own, creation, uniqueness)
  if (task && isDuplicateOf(uniqueness, task, at))
    return answerDuplicate(context, creation, uniqueness, { uniqueKey, task, ...defined({ requestKey }) })
  const pendingId = !task && row && isBeingCreated(row, at) ? row.taskId : undefined
  const taskId = pendingId ?? context.world.ids.next()
  if (!(await reserveKey(context, creation, uniqueKey, taskId))) return undefined
  // Last and always written: another try of this request that has read the idempotency key, and found a blocking task, can then
  // no longer point the key to that task. Otherwise the two tries could give two answers.
  const answer = { taskId, at, notBefore: creation.resolved.notBefore, ...defined({ digest: identity.digest }) }
  if (requestKey && !(await pointUniqueKey(context, requestKey, answer))) return undefined
  const inserted = await insertTask(context, creation, taskId, requestDigestOf(context, identity))
  return 'winner' in inserted ? undefined : inserted
}

type Lookup = { readonly uniqueKey: UniqueKey; readonly task: TaskRow; readonly requestKey?: UniqueKey }

/**
 * The task that another try of this request has created since its idempotency key was read. It is read after the unique key: that
 * task is the answer, also when it has ended and blocks no new one, or a later request has created the blocking task.
 */
const taskOf = async (
  { world, caller }: CreateContext,
  requestRow: UniqueRow | undefined,
  { row, task }: UniqueKey,
): Promise<TaskRow | undefined> => {
  if (!requestRow || requestRow.taskId === row?.taskId) return requestRow && task
  return loadTask(world, { kind: 'task', tenant: caller.tenant, id: requestRow.taskId })
}

/** Answers with the blocking task. The idempotency key points to the task only after the amendment, because the task can start before it. */
const answerDuplicate = async (
  context: CreateContext,
  creation: Creation,
  uniqueness: Uniqueness,
  { uniqueKey, task, requestKey }: Lookup,
): Promise<CreateOutcome | Refusal | undefined> => {
  const { at, identity, resolved } = creation
  const created = await resolveDuplicate(context, creation, uniqueness, task)
  if (!created || isRefusal(created)) return created
  if (requestKey && !(await reserveKey(context, creation, requestKey, task.id, identity.digest))) return undefined
  if (uniqueKey.row && needsRenewal(uniqueKey.row, resolved.notBefore, at))
    await pointUniqueKey(context, uniqueKey, { taskId: task.id, at, notBefore: resolved.notBefore })
  return created
}

/** Points a unique row to a task, unless a recent write has pointed it to that task already. */
const reserveKey = async (
  context: CreateContext,
  { at, resolved }: Creation,
  uniqueKey: UniqueKey,
  taskId: string,
  digest?: string,
): Promise<boolean> => {
  const target = { taskId, at, ...defined({ digest }) }
  return isFreshFor(uniqueKey.row, target) || pointUniqueKey(context, uniqueKey, { ...target, notBefore: resolved.notBefore })
}

/** Answers a repeated idempotency key with the same task; another body is refused. */
const answeredBefore = (
  row: UniqueRow | undefined,
  task: TaskRow,
  { identity }: Creation,
  uniqueness: Uniqueness,
): CreateOutcome | Refusal => {
  if (row?.digest !== identity.digest) return otherBody(task)
  return { row: task, known: {}, replayed: true, ...(isMadeBy(task, identity) ? {} : { duplicateOf: duplicateFlag(uniqueness) }) }
}

/** A unique row as read, and its task if that exists. */
export type UniqueKey = { readonly id: string; readonly row?: UniqueRow; readonly task?: TaskRow }

/** Reads a unique row and its task. */
export const readUniqueKey = async ({ world, caller }: CreateContext, id: string): Promise<UniqueKey> => {
  const { tenant } = caller
  const row = await world.store.get({ kind: 'unique', tenant, id })
  const task = row && (await loadTask(world, { kind: 'task', tenant, id: row.taskId }))
  return { id, ...defined({ row, task }) }
}

/** The new task of a unique row, and the time at which that task is due. */
export type KeyTarget = Pick<UniqueCommand, 'taskId' | 'at' | 'digest'> & { readonly notBefore: Instant }

/** Points a unique row to a task; returns false when the unique row has changed since it was read. */
export const pointUniqueKey = async (
  { world, caller }: CreateContext,
  { id, row }: UniqueKey,
  { notBefore, ...target }: KeyTarget,
): Promise<boolean> => {
  const key = { kind: 'unique', tenant: caller.tenant, id } as const
  const forgetAt = nameForgetAt(notBefore, target.at)
  const command = { name: 'point', by: caller.by, expectedVersion: row?.version ?? 0, forgetAt, ...target } as const
  return !isRefusal(await apply(world, key, () => command, row ?? 'none'))
}

/** Answers a request with the blocking task, unchanged or amended. Undefined when that task has started meanwhile. */
export const resolveDuplicate = async (
  context: CreateContext,
  creation: Creation,
  uniqueness: Uniqueness,
  task: TaskRow,
): Promise<CreateOutcome | Refusal | undefined> => {
  const fields = replacedFields(uniqueness, task, creation.request.type)
  const duplicateOf = {
    ...duplicateFlag(uniqueness),
    ...(uniqueness.mode === 'unique' && uniqueness.policy.replace ? { replaced: [...fields] } : {}),
  }
  if (fields.length === 0) return { row: task, known: {}, replayed: false, duplicateOf }
  const amended = await amend(context, creation, uniqueness, task, fields)
  return !amended || isRefusal(amended) ? amended : { ...amended, replayed: false, duplicateOf }
}

/** The flag for the answer: why no task was created. */
export const duplicateFlag = ({ mode }: Uniqueness): Duplicate =>
  mode === 'debounce' ? { debounced: true } : { duplicate: true }

const amend = async (
  { world, app, caller }: CreateContext,
  { request, resolved, at }: Creation,
  uniqueness: Uniqueness,
  task: TaskRow,
  fields: readonly Replaceable[],
): Promise<Pick<CreateOutcome, 'row' | 'known'> | Refusal | undefined> => {
  const { tenant, id, createdAt } = task
  // The new id makes the name distinct: the relay drops the replaced input later, and must not drop an equal input of another request.
  const input = fields.includes('input')
    ? await storePayload(world, task, request.input as Json, undefined, `${world.ids.next()}.`)
    : undefined
  if (isRefusal(input)) return { ...input, path: '/input' }
  const values = uniqueness.mode === 'debounce' ? { ...resolved, notBefore: debouncedDueAt(uniqueness, createdAt, at) } : resolved
  const reason = `${uniqueness.mode === 'debounce' ? 'debounced' : 'duplicate'}: ${fields.join(', ')} replaced`
  const command = { name: 'amend', at, by: caller.by, reason, amendment: amendmentOf(fields, values, input) } as const
  const key = { kind: 'task', tenant, id } as const
  let laterRow: TaskRow | undefined
  const chooseCommand = (row: TaskRow | undefined) => {
    if (!row) return refuse('unknown', `task ${id} no longer exists`)
    laterRow = row !== task && isOvertaken(uniqueness, row, at) ? row : undefined
    return laterRow ? refuse('superseded', `a later request has amended task ${id}`) : command
  }
  const applied = await apply(world, key, chooseCommand, task, { check: farTasksCheck(world, app) })
  if (!isRefusal(applied)) return { row: applied.after, known: input ? { input: request.input as Json } : {} }
  if (input) await dropOrphan(world, task, input)
  if (applied.refused === 'tooManyFarTasks') return applied
  return laterRow && { row: laterRow, known: {} }
}
