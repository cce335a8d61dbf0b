import type { DurationMs } from '../../../core/duration.ts'
import type { Instant } from '../../../core/instant.ts'
import { DEFAULT_LANES } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import type { RetryPolicy } from '../../../core/retry/policy.ts'
import type { Random } from '../../memory/ticker.ts'
import { between, chance, pick } from '../random.ts'
import { BEHAVIOURS, type Behaviour, STOPPABLE } from './behaviours.ts'
import { type DuplicateGroup, duplicateGroupsOf, type Uniqueness } from './duplicates.ts'
import { type Burst, burstsOf, type GateChoice, gateChoiceOf, type PlannedPause, pausesOf } from './gates.ts'
import { operationsOf, type PlannedOperation } from './operations.ts'
import { retryOf } from './retries.ts'
import { OTHER_ENVIRONMENT, UNREGISTERED_TYPE } from './types.ts'

/** A task that a caller wants, and when it asks. */
export type PlannedTask = GateChoice & {
  readonly mark: string
  readonly at: Instant
  readonly tenant: string
  readonly type: string
  readonly script: readonly Behaviour[]
  /** Pads the input beyond what rides on a row. */
  readonly text?: string
  readonly ready: boolean
  readonly notBefore: Instant
  readonly expiresAfterMs?: DurationMs
  readonly retry?: RetryPolicy
  readonly timeoutMs?: DurationMs
  /** The environment in which it is made, when that is another. */
  readonly environmentId?: string
  /** What it is to be the only one of. */
  readonly uniqueness?: Uniqueness
  /** How often it asks, each time as if it had not been answered. */
  readonly requestsCount: number
}

/** Something that a caller says to a planned task. */
export type PlannedCommand = {
  readonly at: Instant
  readonly mark: string
  readonly verb: 'ready' | 'hold' | 'reschedule' | 'cancel' | 'redrive' | 'resume' | 'skip'
  readonly notBefore: Instant
}

/** A message that comes from nowhere: a text, or a nudge of an open task that comes at once, `epochs` off its present one. */
export type StrayMessage = { readonly at: Instant } & (
  | { readonly lane: string; readonly body: string; readonly isReadable: boolean }
  | { readonly nth: number; readonly epochs: number }
)

/** An open task whose messages die on their queue, one after the other: an executor that does not load, for this task alone. */
export type PoisonedTask = { readonly at: Instant; readonly nth: number; readonly deaths: number }

/** What the callers of one run do. */
export type Plan = {
  /** The store's outage, if it has one. */
  readonly outage: { readonly from: Instant; readonly to: Instant }
  readonly healAt: Instant
  readonly tasks: readonly PlannedTask[]
  readonly commands: readonly PlannedCommand[]
  readonly strayMessages: readonly StrayMessage[]
  readonly poisonedTasks: readonly PoisonedTask[]
  readonly pauses: readonly PlannedPause[]
  /** How many tasks of each tenant may run at once; in some runs. */
  readonly tenantLimit?: number
  readonly operations: readonly PlannedOperation[]
}

const MINUTE = 60_000
/** How long a curse lasts at the longest; it is over when the world heals. */
const POISONED_MS = 5 * MINUTE
const TENANTS = ['ada', 'bo', 'cy']

/** Draws what the callers of one run do, from `start` on. */
export const planOf = (random: Random, start: Instant): Plan => {
  const healAt = start + between(random, 30, 60) * MINUTE
  const tasks = Array.from({ length: between(random, 8, 20) }, (_, index) => taskOf(random, start, healAt, `w${index}`))
  const bursts = burstsOf(random, TENANTS, start, healAt)
  tasks.push(...bursts.flatMap((burst, index) => burstTasksOf(random, burst, healAt, `c${index}`)))
  const commands = tasks.flatMap((task) => commandsOf(random, task))
  const strayMessages = Array.from({ length: between(random, 0, 3) }, () =>
    strayMessageOf(random, between(random, start, healAt + 10 * MINUTE)),
  )
  const poisonedTasks = Array.from({ length: between(random, 0, 1) }, () => ({
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
  return {
    ...tenantLimit,
    outage: { from, to: from + between(random, 1, 15) * MINUTE },
    healAt,
    tasks,
    commands,
    strayMessages,
    poisonedTasks,
    pauses,
    operations,
  }
}

const taskOf = (random: Random, start: Instant, healAt: Instant, mark: string): PlannedTask => {
  // Most while things go wrong; some later, to see that the healthy system is punctual.
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
  }
}

/** Those of a crowd come within half a minute, due at once, and mostly do something that takes its time. */
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

/** Duplicates are of one type where that is part of what they share. */
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

/** Up to the bound of the short lanes, and often at it: then a start that is held up leaves less time than that. */
const timeoutOf = (random: Random): DurationMs => {
  const most = DEFAULT_LANES.normal?.handlerTimeoutMs ?? 1_000
  return chance(random, 0.3) ? most : between(random, 1_000, most)
}

/** Past, now, near (a delayed message), just beyond what a message can be delayed, and far (a timer). */
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
  const anyTime = Array.from({ length: between(random, 0, 3) }, () =>
    // Around the time when it is due, because that is where the races are.
    command(chance(random, 0.04) ? 'skip' : pick(random, VERBS), Math.max(task.at, due + between(random, -MINUTE, 5 * MINUTE))),
  )
  const second =
    task.expiresAfterMs === undefined ? [] : [command('redrive', due + task.expiresAfterMs + between(random, 0, 5 * MINUTE))]
  const hangs = STOPPABLE.has(task.script[0]?.do ?? '') && chance(random, 0.5)
  const stop = hangs ? [command('cancel', due + between(random, 0, 15_000))] : []
  const waits = task.script.some((deed) => deed.do === 'wait' || deed.do === 'wait for ever')
  return waits && chance(random, 0.8)
    ? [...anyTime, ...second, ...stop, command('resume', due + between(random, 0, 10 * MINUTE))]
    : [...anyTime, ...second, ...stop]
}

const strayMessageOf = (random: Random, at: Instant): StrayMessage => {
  const lane = pick(random, Object.keys(DEFAULT_LANES))
  const nudge = { kind: 'task', tenant: pick(random, TENANTS), id: 'nobody', epoch: 1, lane, dueAt: at }
  const mark = between(random, 0, 1_000_000)
  return pick<StrayMessage>(random, [
    { at, lane, body: `not JSON ${mark}`, isReadable: false },
    { at, lane, body: JSON.stringify({ ...nudge, mark }), isReadable: false },
    { at, lane, body: JSON.stringify({ ...nudge, epoch: -mark - 1 }), isReadable: false },
    { at, lane, body: `${mark}${'z'.repeat(300_000)}`, isReadable: false },
    { at, lane, body: JSON.stringify(nudge), isReadable: true },
    { at, lane, body: JSON.stringify({ ...nudge, lane: 'gone' }), isReadable: true },
    { at, nth: between(random, 0, 20), epochs: pick(random, [-1, 0, 0, 0, 1]) },
    { at, nth: between(random, 0, 20), epochs: 0 },
  ])
}
