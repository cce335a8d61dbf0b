import { setTimeout as pause } from 'node:timers/promises'

/** A task as the API shows it. */
export type Task = {
  readonly id: string
  readonly state: string
  readonly attempt: number
  readonly failureTaskState?: string
}

/** A task that was accepted: how it has to end, and when at the latest. */
export type Accepted = {
  readonly id: string
  readonly kind: string
  readonly state: string
  /** What the driver does when it sees the task in a state that waits for a command. */
  readonly commands: Readonly<Record<string, { readonly path: string; readonly from: number }>>
  /** Nothing is expected before. */
  readonly from: number
}

/** Sends a request again until it is answered: the server is killed in the middle of many. */
export type Call = (method: string, path: string, body?: object, key?: string) => Promise<unknown>

/** Requests that are given up after this long: the server starts again within seconds. */
const ANSWER_MS = 120_000

/** @param url of the server, which is the same after each restart */
export const callOf =
  (url: string): Call =>
  async (method, path, body, key) => {
    const headers = { 'content-type': 'application/json', ...(key ? { 'idempotency-key': key } : {}) }
    for (const start = Date.now(); ; await pause(200)) {
      const response = await fetch(`${url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }).catch(
        () => undefined,
      )
      const text = await response?.text().catch(() => undefined)
      if (response && text !== undefined && response.status < 500) {
        if (response.ok || response.status === 409) return JSON.parse(text)
        throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
      }
      if (Date.now() - start > ANSWER_MS) throw new Error(`${method} ${path} was not answered within ${ANSWER_MS / 1_000} s`)
    }
  }

/** The name of this run, so that keys of an earlier run on the same folder are others. */
const RUN = Date.now().toString(36)
const SECOND = 1_000

type Plan = { readonly body: object; readonly state?: string; readonly inMs?: number; readonly commands?: Accepted['commands'] }

/** What the load consists of: for the nth task of a kind, its request and how it ends. */
const KINDS: Readonly<Record<string, (nth: number, now: number) => Plan>> = {
  near: () => ({ body: {} }),
  slow: (nth) => ({ body: { input: { forMs: 500 + (nth % 10) * 400 } } }),
  delayed: (nth) => {
    const seconds = 2 + (nth % 7) * 12
    return { body: { delay: `${seconds}s` }, inMs: seconds * SECOND }
  },
  retried: () => ({ body: { input: { failures: 2 } }, inMs: 2 * SECOND }),
  failing: () => ({
    body: { input: { failures: 99 }, retry: { policy: 'fixed', wait: '1s', attempts: 2 }, onFailure: 'note' },
    state: 'failed',
    inMs: SECOND,
  }),
  gated: (nth) => {
    const gate = { key: `gate-${nth % 5}`, limit: 1 + (nth % 5) }
    return { body: { input: { forMs: 300, gate }, gate }, inMs: SECOND }
  },
  unique: (nth) => ({ body: { input: { forMs: nth % 3 }, delay: '3s', unique: {} }, inMs: 3 * SECOND }),
  snoozed: (_, now) => ({ body: { input: { snoozeUntil: now + 4 * SECOND } }, inMs: 4 * SECOND }),
  waiting: (_, now) => ({
    body: { input: { waitUntil: now + 3 * SECOND } },
    inMs: 3 * SECOND,
    commands: { waiting: { path: 'resume', from: now + 4 * SECOND } },
  }),
  cancelled: (nth, now) => ({
    body: nth % 2 ? { delay: '10m' } : { input: { forMs: 40 * SECOND } },
    state: 'cancelled',
    commands: { scheduled: { path: 'cancel', from: now }, running: { path: 'cancel', from: now + SECOND } },
  }),
}

/** The names of the kinds, in the order in which they are created. */
export const KIND_NAMES: readonly string[] = Object.keys(KINDS)

/** Creates the nth task of a kind, and returns what is expected of it. */
export const createTask = async (call: Call, kind: string, nth: number): Promise<Accepted> => {
  const now = Date.now()
  const plan = KINDS[kind]?.(nth, now) ?? { body: {} }
  const body = { type: 'work', input: {}, tags: [kind], ...plan.body }
  const { id } = (await call('POST', '/v1/tasks', body, `${RUN}-${kind}-${nth}`)) as Task
  return { id, kind, state: plan.state ?? 'succeeded', commands: plan.commands ?? {}, from: now + (plan.inMs ?? 0) }
}

const BULK_COUNT = 15

/** Creates tasks for the far future, and cancels them with a bulk operation. */
export const createBulk = async (call: Call, nth: number): Promise<readonly Accepted[]> => {
  const tag = `bulk-${nth}`
  const tasks = Array.from({ length: BULK_COUNT }, () => ({ type: 'work', input: {}, delay: '1h', tags: [tag] }))
  const { items } = (await call('POST', '/v1/tasks/batch', { tasks }, `${RUN}-${tag}`)) as { items: { task: Task }[] }
  const { id } = (await call('POST', '/v1/operations', { action: 'cancel', filter: { tag } }, `${RUN}-cancel-${nth}`)) as Task
  for (let state = ''; state !== 'succeeded'; await pause(SECOND)) {
    const operation = (await call('GET', `/v1/operations/${id}`)) as Task
    state = operation.state
  }
  return items.map(({ task }) => ({ id: task.id, kind: 'bulk', state: 'cancelled', commands: {}, from: Date.now() }))
}
