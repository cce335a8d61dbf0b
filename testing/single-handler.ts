import type { TaskType } from '../core/define.ts'
import { DEFAULT_LANE, lane } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal, type Refusal } from '../core/refusal.ts'
import type { Json } from '../core/row/json.ts'
import { decideTask } from '../core/task/decide.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { App } from '../engine/app.ts'
import { policyOf } from '../engine/create/resolve.ts'
import { storePayload } from '../engine/payload.ts'
import type { Clock, Log, Store, World } from '../engine/world.ts'
import { callIsolated } from '../worlds/node/attempts.ts'
import { START } from './time.ts'

/** A deployment with one task type, on a lane with the longest timeout that is possible. */
export const singleTypeApp = (type: TaskType): App => {
  const name = type.lane ?? DEFAULT_LANE
  return {
    types: new Map([[type.name, type]]),
    lanes: { [name]: lane(name, LIMITS.functionTimeoutMs) },
    retentionMs: LIMITS.retentionMs,
    environmentId: 'test',
    callHandler: callIsolated,
  }
}

/** A world in which an attempt can run. Messages, timers and events of it are discarded. */
export const isolatedWorld = (store: Store, log: Log, clock: Clock): World => ({
  store,
  log,
  clock,
  queue: { send: async () => {}, backlog: async () => 0 },
  timers: { arm: async () => {}, disarm: async () => {} },
  bus: { publish: async () => {} },
  ids: { next: () => ID },
  meter: { add: () => {} },
})

/** A clock that does not advance: a sleep ends only when its signal fires. */
export const stoppedClock: Clock = {
  now: () => START,
  sleep: (_, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) resolve()
      else signal?.addEventListener('abort', () => resolve(), { once: true })
    }),
}

/** The fields of the task's row besides its type. */
export type TaskFields = {
  readonly input: Json
  readonly attempt: number
  readonly tenant: string
  readonly tags: readonly string[]
  readonly timeoutMs?: number
}

/** The row of a task that a worker has just claimed. @throws TypeError when such a task is impossible */
export const claimedTask = async (world: World, app: App, type: TaskType, fields: TaskFields): Promise<TaskRow> => {
  const { tenant, timeoutMs, tags, attempt } = fields
  if (!Number.isSafeInteger(attempt) || attempt < 1)
    throw new TypeError(`attempt must be a whole number above zero, got ${attempt}`)
  const key = { kind: 'task', tenant, id: ID } as const
  const stamp = { at: START, by: 'user:test' }
  const policy = accepted(policyOf(app, type, timeoutMs === undefined ? {} : { timeout: timeoutMs }))
  const input = accepted(await storePayload(world, key, fields.input))
  const created = accepted(
    decideTask(key, undefined, { name: 'create', ...stamp, policy, input, ready: true, notBefore: START, tags }),
  )
  const claim = {
    name: 'claim',
    ...stamp,
    epoch: created.epoch,
    owner: 'test',
    leaseMs: app.lanes[policy.lane]?.leaseMs ?? 0,
  } as const
  const row = accepted(decideTask(key, { ...created, attempt: attempt - 1 }, claim))
  // A heartbeat reads the row to see whether the claim is still valid.
  await world.store.put(row, 0)
  return row
}

/** Returns an answer that is not a refusal. @throws TypeError with the refusal's message */
export const accepted = <Answer>(answer: Answer | Refusal): Answer => {
  if (isRefusal(answer)) throw new TypeError(answer.message)
  return answer
}

const ID = '1'.padStart(26, '0')
