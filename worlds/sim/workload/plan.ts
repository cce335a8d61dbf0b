import type { DurationMs } from '../../../core/duration.ts'
import type { Instant } from '../../../core/instant.ts'
import { DEFAULT_LANES } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import type { RetryPolicy } from '../../../core/retry/policy.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'
import { BEHAVIOURS, type Behaviour, STOPPABLE } from './behaviours.ts'
import { type DuplicateGroup, duplicateGroupsOf, type Uniqueness } from './duplicates.ts'
import { type Burst, burstsOf, type GateChoice, gateChoiceOf, type PlannedPause, pausesOf } from './gates.ts'
import { operationsOf, type PlannedOperation } from './operations.ts'
import { retryOf } from './retries.ts'
import { OTHER_ENVIRONMENT, UNREGISTERED_TYPE } from './types.ts'

/** A task, and when a caller requests it. */
export type PlannedTask = GateChoice & {
  readonly mark: string
  readonly at: Instant
  readonly tenant: string
  readonly type: string
  readonly script: readonly Behaviour[]
  /** Makes the input too large for the row, so it becomes a document. */
  readonly text?: string
  /** The failure task, with an input of its own. */
  readonly onFailure?: { readonly type: string; readonly input: { readonly to: string; readonly text?: string } }
  readonly ready: boolean
  readonly notBefore: Instant
  readonly expiresAfterMs?: DurationMs
  readonly retry?: RetryPolicy
  readonly timeoutMs?: DurationMs
  /** The environment that creates the task, when it is not the deployment's. */
  readonly environmentId?: string
  /** Set for a task of a duplicate group. */
  readonly uniqueness?: Uniqueness
  /** How often the creation is requested, each time as if no answer had come. */
  readonly requestsCount: number
}

/** A command to a planned task. */
export type PlannedCommand = {
  readonly at: Instant
  readonly mark: string
  readonly verb: 'ready' | 'hold' | 'reschedule' | 'cancel' | 'redrive' | 'resume' | 'skip'
  readonly notBefore: Instant
}

/** A message without a cause: a text, or a nudge of an open task whose epoch differs from the present one by `epochs`. */
export type StrayMessage = { readonly at: Instant } & (
  | { readonly lane: string; readonly body: string; readonly isReadable: boolean }
  | { readonly nth: number; readonly epochs: number }
)

/** A row whose next messages become dead letters, as with an executor that cannot load, for this row only. */
export type PoisonedRow = { readonly at: Instant; readonly nth: number; readonly deaths: number }

/** All inputs of one run. */
export type Plan = {
  /** In this period the store may be out of service. */
  readonly outage: { readonly from: Instant; readonly to: Instant }
  /** In this period Lambda may have no free execution for any message of a lane. */
  readonly throttling: { readonly from: Instant; readonly to: Instant }
  readonly healAt: Instant
  readonly tasks: readonly PlannedTask[]
  readonly commands: readonly PlannedCommand[]
  readonly strayMessages: readonly StrayMessage[]
  readonly poisonedRows: readonly PoisonedRow[]
  readonly pauses: readonly PlannedPause[]
  /** No timer can be armed or deleted in this run, also after the faults: the account has no more room for schedules. */
  readonly refusesTimers: boolean
  /** How many tasks of each tenant may run at once. Some runs have no limit. */
  readonly tenantLimit?: number
  readonly operations: readonly PlannedOperation[]
}

const MINUTE = 60_000
/** The longest time until the last dead letter of a poisoned row; it must be over when the faults end. */
const POISONED_MS = 5 * MINUTE
/** The tenants of a run. */
export const TENANTS = ['ada', 'bo', 'cy']

/** Draws the inputs of one run, from `start` on. */
export const planOf = (random: Random, start: Instant): Plan => {
  const healAt = start + between(random, 30, 60) * MINUTE
  const tasks = Array.from({ length: between(random, 8, 20) }, (_, index) => taskOf(random, start, healAt, `w${index}`))
  const bursts = burstsOf(random, TENANTS, start, healAt)
  tasks.push(...bursts.flatMap((burst, index) => burstTasksOf(random, burst, healAt, `c${index}`)))
  const commands = tasks.flatMap((task) => commandsOf(random, task))
  const strayMessages = Array.from({ length: between(random, 0, 3) }, () =>
    strayMessageOf(random, between(random, start, healAt + 10 * MINUTE)),
  )
  const poisonedRows = Array.from({ length: between(random, 0, 2) }, () => ({
    at: between(random, start, healAt - POISONED_MS),
    nth: between(random, 0, 100),
    deaths: between(random, 1, LIMITS.redeliveriesCount + 1),
  }))
  const pauses = pausesOf(random, TENANTS, start, healAt)
  const from = between(random, start, healAt)
  const groups = duplicateGroupsOf(random, TENANTS, start, healAt)
  const duplicates = groups.flatMap((group, index) => duplicatesOf(random, group, healAt, `u${index}`))
  tasks.push(...duplicates)
  commands.push(...duplicates.flatMap((task) => commandsOf(random, task)))
  const operations = operationsOf(random, TENANTS, start, healAt)
  const tenantLimit = chance(random, 0.25) ? { tenantLimit: between(random, 1, 3) } : {}
  const throttledFrom = between(random, start, healAt)
  return {
    ...tenantLimit,
    outage: { from, to: from + between(random, 1, 15) * MINUTE },
    throttling: { from: throttledFrom, to: throttledFrom + between(random, 1, 40) * MINUTE },
    healAt,
    tasks,
    commands,
    strayMessages,
    poisonedRows,
    pauses,
    operations,
    refusesTimers: chance(random, 0.15),
  }
}

const taskOf = (random: Random, start: Instant, healAt: Instant, mark: string): PlannedTask => {
  // Most during the faults; some later, to check that tasks start in time without faults.
  const at = chance(random, 0.8) ? between(random, start, healAt) : healAt + between(random, 2 * MINUTE, 15 * MINUTE)
  return {
    mark,
    at,
    tenant: pick(random, TENANTS),
    type: chance(random, 0.03) ? UNREGISTERED_TYPE : pick(random, ['quiet', 'watched', 'watched', 'noted']),
    script: scriptOf(random),
    ready: chance(random, 0.85),
    notBefore: at + aheadMs(random),
    requestsCount: chance(random, 0.2) ? 2 : 1,
    ...gateChoiceOf(random),
    ...(chance(random, 0.15) ? { text: 'y'.repeat(between(random, 300, 2_000)) } : {}),
    ...(chance(random, 0.2) ? { expiresAfterMs: between(random, MINUTE, 30 * MINUTE) } : {}),
    ...(chance(random, 0.6) ? { retry: retryOf(random) } : {}),
    ...(chance(random, 0.5) ? { timeoutMs: timeoutOf(random) } : {}),
    ...(chance(random, 0.04) ? { environmentId: OTHER_ENVIRONMENT } : {}),
    ...(chance(random, 0.2) ? { onFailure: { type: 'report', input: reportOf(random, mark) } } : {}),
  }
}

/** The input of a failure task, sometimes too large for the row of the failed task. */
const reportOf = (random: Random, mark: string) => ({
  to: mark,
  ...(chance(random, 0.5) ? { text: 'z'.repeat(between(random, 300, 2_000)) } : {}),
})

/** The tasks of a burst come within half a minute and are due at once. Most of them run for some seconds. */
const burstTasksOf = (
  random: Random,
  { tenant, at: from, gate, count }: Burst,
  healAt: Instant,
  mark: string,
): readonly PlannedTask[] =>
  Array.from({ length: count }, (_, index) => {
    const at = from + between(random, 0, 30_000)
    const script = chance(random, 0.6) ? [{ do: 'succeed', ms: between(random, 1_000, 40_000) } as const] : scriptOf(random)
    return { ...taskOf(random, at, healAt, `${mark}.${index}`), at, tenant, gate, script, ready: true, notBefore: at }
  })

/** Debounced duplicates have the same type, because the type is part of their key. */
const duplicatesOf = (
  random: Random,
  { tenant, uniqueness, times }: DuplicateGroup,
  healAt: Instant,
  mark: string,
): readonly PlannedTask[] =>
  times.map((at, index) => {
    const task = taskOf(random, at, healAt, `${mark}.${index}`)
    return {
      ...task,
      at,
      tenant,
      uniqueness,
      notBefore: at + aheadMs(random),
      ...(uniqueness.kind === 'debounce' ? { type: 'watched' } : {}),
    }
  })

/** Up to the maximum of the short lanes, and often exactly that: then a delayed start leaves less time than the timeout. */
const timeoutOf = (random: Random): DurationMs => {
  const most = DEFAULT_LANES.normal?.handlerTimeoutMs ?? 1_000
  return chance(random, 0.3) ? most : between(random, 1_000, most)
}

/** Past, now, near (a delayed message), around the longest delay of a message, and far (a timer). */
const aheadMs = (random: Random): DurationMs =>
  pick(random, [
    () => -between(random, 1, 60 * MINUTE),
    () => 0,
    () => between(random, 1, 60_000),
    () => between(random, MINUTE, 15 * MINUTE),
    () => 15 * MINUTE + between(random, -2_000, 2_000),
    () => between(random, 16 * MINUTE, 90 * MINUTE),
  ])()

const scriptOf = (random: Random): readonly Behaviour[] =>
  Array.from({ length: between(random, 1, 4) }, () => ({
    do: chance(random, 0.4) ? 'succeed' : pick(random, BEHAVIOURS),
    ms: pick(random, [0, between(random, 1, 1_000), between(random, 1_000, 120_000)]),
  }))

const VERBS = ['ready', 'hold', 'reschedule', 'cancel', 'redrive', 'resume'] as const

const commandsOf = (random: Random, task: PlannedTask): readonly PlannedCommand[] => {
  const due = Math.max(task.at, task.notBefore)
  const command = (verb: PlannedCommand['verb'], at: Instant): PlannedCommand => ({
    at,
    mark: task.mark,
    verb,
    notBefore: at + aheadMs(random),
  })
  const drawn = Array.from({ length: between(random, 0, 3) }, () =>
    // Around the time when the task is due, to cause races.
    command(chance(random, 0.04) ? 'skip' : pick(random, VERBS), Math.max(task.at, due + between(random, -MINUTE, 5 * MINUTE))),
  )
  const redrive =
    task.expiresAfterMs === undefined ? [] : [command('redrive', due + task.expiresAfterMs + between(random, 0, 5 * MINUTE))]
  const isStoppable = STOPPABLE.has(task.script[0]?.do ?? '') && chance(random, 0.5)
  const cancel = isStoppable ? [command('cancel', due + between(random, 0, 15_000))] : []
  const isWaiting = task.script.some((behaviour) => behaviour.do === 'wait' || behaviour.do === 'wait without a timeout')
  return isWaiting && chance(random, 0.8)
    ? [...drawn, ...redrive, ...cancel, command('resume', due + between(random, 0, 10 * MINUTE))]
    : [...drawn, ...redrive, ...cancel]
}

const strayMessageOf = (random: Random, at: Instant): StrayMessage => {
  const lane = pick(random, Object.keys(DEFAULT_LANES))
  const nudge = { kind: 'task', tenant: pick(random, TENANTS), id: 'missing', epoch: 1, lane, dueAt: at }
  const mark = between(random, 0, 1_000_000)
  return pick<StrayMessage>(random, [
    { at, lane, body: `not JSON ${mark}`, isReadable: false },
    { at, lane, body: JSON.stringify({ ...nudge, mark }), isReadable: false },
    { at, lane, body: JSON.stringify({ ...nudge, epoch: -mark - 1 }), isReadable: false },
    { at, lane, body: `${mark}${'z'.repeat(300_000)}`, isReadable: false },
    { at, lane, body: JSON.stringify(nudge), isReadable: true },
    // On a lane whose messages come back soon: it becomes a dead letter only after all its receives, on `long` after days.
    { at, lane: lane === 'long' ? 'normal' : lane, body: JSON.stringify({ ...nudge, lane: 'gone' }), isReadable: true },
    { at, nth: between(random, 0, 20), epochs: pick(random, [-1, 0, 0, 0, 1]) },
    { at, nth: between(random, 0, 20), epochs: 0 },
  ])
}
