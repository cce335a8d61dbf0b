import { type Client, FINAL, ok, type Seen } from './caller.ts'

/** What a run has seen, in milliseconds unless a name says otherwise. A scenario that was left out leaves its facts out. */
export type Facts = {
  readonly clockSkew?: number
  readonly near?: readonly number[]
  readonly createToStart?: readonly number[]
  readonly cold?: readonly number[]
  readonly retryWait?: number
  readonly failureTaskAfter?: number
  readonly cancelAfter?: number
  readonly mostAtGate?: number
  readonly isGateInOrder?: boolean
  readonly tasksOfOneKey?: number
  readonly killedAfter?: number
  readonly killedAttempts?: number
  readonly herd?: { readonly count: number; readonly lateness: readonly number[]; readonly repeatedCount: number }
  readonly farLateness?: number
  readonly writeUnitsPerTask?: number
  readonly throttledCount?: number
  readonly readUnitsPerTask?: number
  readonly messagesPerTask?: number
  readonly invocationsPerTask?: number
  readonly timersFired?: number
}

/** The sizes of a run. */
export type Sizes = {
  readonly nearCount: number
  readonly nearMs: number
  readonly herdCount: number
  readonly herdMs: number
  readonly occupyMs: number
  /** The far task, more than the longest delay of a message; absent: none. */
  readonly farMs?: number
  /** The lane of the killed handler; its visibility is the time of the scenario. */
  readonly killLane?: string
  /** Do not kill a handler: it would end a server that runs everything in one process. */
  readonly withoutKill?: boolean
}

/** The sizes of a run of about ten minutes. */
export const FULL: Sizes = { nearCount: 20, nearMs: 20_000, herdCount: 1_000, herdMs: 60_000, occupyMs: 1_000 }

const MINUTE = 60_000
type Run = { readonly ranAt: string; readonly attempt: number; readonly coldMs?: number }

const times = (count: number) => Array.from({ length: count }, (_, index) => index)
const ranAt = ({ output }: Seen): number => Date.parse((output as Run).ranAt)
const lateness = (task: Seen): number => ranAt(task) - Date.parse(task.notBefore)

/** Creates tasks, ten at a time, and returns them when all are over. */
const many = async (client: Client, count: number, more: object, withinMs: number): Promise<readonly Seen[]> => {
  const ids: string[] = []
  for (let first = 0; first < count; first += 10) {
    const created = await Promise.all(times(Math.min(10, count - first)).map(() => client.create('canary.echo', more)))
    ids.push(...created.map(({ id }) => id))
  }
  const found: Seen[] = []
  for (const id of ids) found.push(await client.until(id, FINAL, withinMs))
  return found
}

const succeeded = (tasks: readonly Seen[]): readonly Seen[] => tasks.filter(({ state }) => state === 'succeeded')

const clocks = async ({ call, time }: Client): Promise<Facts> => {
  const before = time.now()
  const { time: there } = (await ok(call('GET', '/v1/health'), 'GET of the health')) as { readonly time: string }
  return { clockSkew: Date.parse(there) - (before + time.now()) / 2 }
}

const near = async (client: Client, { nearCount, nearMs }: Sizes): Promise<Facts> => {
  const due = client.time.now() + nearMs
  const found = succeeded(await many(client, nearCount, { notBefore: new Date(due).toISOString() }, nearMs + 2 * MINUTE))
  const cold = found.flatMap(({ output }) => (output as Run).coldMs ?? [])
  return { near: found.map(lateness), cold }
}

const immediate = async (client: Client, { nearCount }: Sizes): Promise<Facts> => {
  const found: Seen[] = []
  for (const _ of times(nearCount)) {
    const { id } = await client.create('canary.echo')
    found.push(await client.until(id, FINAL, 2 * MINUTE))
  }
  return { createToStart: succeeded(found).map((task) => ranAt(task) - Date.parse(task.createdAt)) }
}

const retry = async (client: Client): Promise<Facts> => {
  const { id } = await client.create('canary.flaky')
  const task = await client.until(id, FINAL, 3 * MINUTE)
  const again = task.history.find(({ state }, index) => index > 1 && state === 'scheduled')
  return again ? { retryWait: ranAt(task) - Date.parse(again.at) } : {}
}

const failure = async (client: Client): Promise<Facts> => {
  const { id } = await client.create('canary.failing')
  const task = await client.until(id, ['failed'], 3 * MINUTE)
  if (!task.failureTask || !task.finishedAt) return {}
  const handler = await eventually(client, task.failureTask)
  return { failureTaskAfter: Date.parse(handler.createdAt) - Date.parse(task.finishedAt) }
}

/** A failure task exists a moment after the failure. */
const eventually = async (client: Client, id: string): Promise<Seen> => {
  for (let tries = 0; ; tries++) {
    try {
      return await client.until(id, FINAL, 3 * MINUTE)
    } catch (error) {
      if (tries >= 60) throw error
      await client.time.sleep(1_000)
    }
  }
}

const cancel = async (client: Client): Promise<Facts> => {
  const { id } = await client.create('canary.patient')
  await client.until(id, ['running'], 2 * MINUTE)
  const asked = client.time.now()
  await ok(client.call('POST', `/v1/tasks/${id}/cancel`, { reason: 'the canary cancels' }), 'the cancel')
  const { output } = await client.until(id, FINAL, 2 * MINUTE)
  const { stoppedAt } = (output ?? {}) as { readonly stoppedAt?: string }
  return { cancelAfter: (stoppedAt ? Date.parse(stoppedAt) : client.time.now()) - asked }
}

const GATE_LIMIT = 2

const gate = async (client: Client, { occupyMs }: Sizes): Promise<Facts> => {
  const spec = { key: `canary-${client.time.now()}`, limit: GATE_LIMIT }
  const ids: string[] = []
  for (const _ of times(6)) ids.push((await client.create('canary.occupy', { gate: spec }, { ms: occupyMs })).id)
  const found: Seen[] = []
  for (const id of ids) found.push(await client.until(id, FINAL, 4 * MINUTE))
  const runs = found.map(({ output }) => output as { readonly from: number; readonly to: number })
  const atOnce = runs.map(({ from }) => runs.filter((run) => run.from <= from && from < run.to).length)
  return { mostAtGate: Math.max(...atOnce), isGateInOrder: isInOrder(found) }
}

/** Tasks arrive at a gate in any order, since SQS has none. One dispatch admits its tasks at the same time. */
const SAME_DISPATCH_MS = 1_000

/** Were the tasks that waited admitted in the order in which they joined the waitlist? */
export const isInOrder = (tasks: readonly Pick<Seen, 'history'>[]): boolean => {
  const timeOf = ({ history }: Pick<Seen, 'history'>, verb: string) =>
    Date.parse(history.find(({ command }) => command === verb)?.at ?? '')
  const admitted = tasks
    .filter((task) => task.history.some(({ command }) => command === 'block'))
    .toSorted((a, b) => timeOf(a, 'block') - timeOf(b, 'block'))
    .map((task) => timeOf(task, 'admit'))
  return admitted.every((at, index) => index === 0 || at >= (admitted[index - 1] ?? 0) - SAME_DISPATCH_MS)
}

const duplicate = async (client: Client): Promise<Facts> => {
  const key = { 'idempotency-key': `canary-${client.time.now()}` }
  const body = { type: 'canary.echo', input: {} }
  const sent = await Promise.all(times(10).map(() => ok(client.call('POST', '/v1/tasks', body, key), 'a repeated POST')))
  const ids = new Set(sent.map((task) => (task as Seen).id))
  for (const id of ids) await client.until(id, FINAL, 2 * MINUTE)
  return { tasksOfOneKey: ids.size }
}

const killed = async (client: Client, { killLane, withoutKill }: Sizes): Promise<Facts> => {
  if (withoutKill) return {}
  const { id } = await client.create('canary.killed', killLane ? { lane: killLane } : {})
  const task = await client.until(id, FINAL, 8 * MINUTE)
  const starts = task.history.filter(({ state }) => state === 'running').map(({ at }) => Date.parse(at))
  const [first = 0, second = 0] = starts
  return { killedAfter: second - first, killedAttempts: starts.length }
}

const herd = async (client: Client, { herdCount, herdMs }: Sizes): Promise<Facts> => {
  const due = client.time.now() + herdMs
  const found = await many(client, herdCount, { notBefore: new Date(due).toISOString() }, herdMs + 5 * MINUTE)
  const repeatedCount = found.filter(({ attempt }) => attempt > 1).length
  return { herd: { count: succeeded(found).length, lateness: succeeded(found).map(lateness), repeatedCount } }
}

const far = async (client: Client, { farMs }: Sizes): Promise<Facts> => {
  if (farMs === undefined) return {}
  const { id } = await client.create('canary.echo', { delay: `${farMs}ms` })
  await client.time.sleep(farMs)
  return { farLateness: lateness(await client.until(id, FINAL, 5 * MINUTE)) }
}

/** The scenarios. Those of one list run side by side; the herd runs alone, so that it delays no other measurement. */
export const scenarios: readonly (readonly ((client: Client, sizes: Sizes) => Promise<Facts>)[])[] = [
  [clocks],
  [near, immediate, retry, failure, cancel, gate, duplicate, killed, far],
  [herd],
]
