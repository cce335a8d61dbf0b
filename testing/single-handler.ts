import type { TaskType } from '../core/define.ts'
import { DEFAULT_LANE, lane } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal, type Refusal } from '../core/refusal.ts'
import type { Json } from '../core/row/json.ts'
import { decide } from '../core/task/decide.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { App } from '../engine/app.ts'
import { policyOf } from '../engine/create/resolve.ts'
import { storePayload } from '../engine/payload.ts'
import type { Clock, Log, Store, World } from '../engine/world.ts'
import { START } from './time.ts'

/** A deployment of one type, on a lane that takes the longest timeout there is. */
export const appOf = (type: TaskType): App => {
  const name = type.lane ?? DEFAULT_LANE
  return {
    types: new Map([[type.name, type]]),
    lanes: { [name]: lane(name, LIMITS.functionTimeoutMs) },
    retentionMs: LIMITS.retentionMs,
    environmentId: 'test',
  }
}

/** A world in which an attempt can be made, and from which nothing goes out. */
export const worldOf = (store: Store, log: Log, clock: Clock): World => ({
  store,
  log,
  clock,
  queue: { send: async () => {} },
  timers: { arm: async () => {}, disarm: async () => {} },
  bus: { publish: async () => {} },
  ids: { next: () => ID },
  meter: { add: () => {} },
})

/** Time that does not pass: who sleeps in it wakes up only when told to. */
export const still: Clock = {
  now: () => START,
  sleep: (_, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) resolve()
      else signal?.addEventListener('abort', () => resolve(), { once: true })
    }),
}

/** What is to be found in the row of a task besides its type. */
export type About = {
  readonly input: Json
  readonly attempt: number
  readonly tenant: string
  readonly tags: readonly string[]
  readonly timeoutMs?: number
}

/** The row of a task that a worker has just taken up. @throws TypeError when there cannot be such a task */
export const started = async (world: World, app: App, type: TaskType, about: About): Promise<TaskRow> => {
  const { tenant, timeoutMs, tags, attempt } = about
  if (!Number.isSafeInteger(attempt) || attempt < 1)
    throw new TypeError(`attempt must be a whole number above zero, got ${attempt}`)
  const key = { kind: 'task', tenant, id: ID } as const
  const said = { at: START, by: 'user:test' }
  const policy = agreed(policyOf(app, type, timeoutMs === undefined ? {} : { timeout: timeoutMs }))
  const input = agreed(await storePayload(world, key, about.input))
  const made = agreed(decide(key, undefined, { name: 'create', ...said, policy, input, ready: true, notBefore: START, tags }))
  const take = {
    name: 'claim',
    ...said,
    epoch: made.epoch,
    owner: 'test',
    leaseMs: app.lanes[policy.lane]?.leaseMs ?? 0,
  } as const
  const row = agreed(decide(key, { ...made, attempt: attempt - 1 }, take))
  // For whoever looks whether the claim still holds.
  await world.store.put(row, 0)
  return row
}

/** The answer, which is no refusal. @throws TypeError with the words of the refusal when it is one */
export const agreed = <Answer>(answer: Answer | Refusal): Answer => {
  if (isRefusal(answer)) throw new TypeError(answer.message)
  return answer
}

const ID = '1'.padStart(26, '0')
