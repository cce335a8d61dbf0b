import { wakeupsOf } from '../../core/consequences.ts'
import { defined } from '../../core/defined.ts'
import { type Instant, iso } from '../../core/instant.ts'
import type { Kind, Row } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import { isOpen, type TaskRow, type TaskState } from '../../core/task/row.ts'
import type { Store } from '../../engine/world.ts'
import { virtualClock } from '../memory/clock.ts'
import { memoryStore } from '../memory/store.ts'
import type { Checker } from './checkers/checker.ts'
import { check, type Violations } from './checkers/index.ts'
import { overdue } from './checkers/liveness.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { type Engine, engine as real } from './engine.ts'
import { type Fault, faultsOf } from './faults.ts'
import { harnessOf } from './harness.ts'
import { randomOf } from './random.ts'
import { recorderOf } from './recorder.ts'
import { traceOf } from './trace.ts'
import { calendarRequestsOf } from './workload/calendars.ts'
import { startCallers } from './workload/callers.ts'
import { requestUntilAnswered, type WorkloadContext } from './workload/client.ts'
import { type Plan, planOf, TENANTS } from './workload/plan.ts'
import { seriesRequestsOf, startSeries } from './workload/series.ts'

/** What `simulate` runs. */
export type Options = {
  readonly seed: number
  /** Replaces steps of the engine, to test that a checker notices. */
  readonly engine?: Partial<Engine>
  /** Replaces the store that the engine uses, to test that a checker reports it. */
  readonly store?: (store: Store) => Store
  /** Deliveries of a message before it becomes a dead letter. @default LIMITS.queueReceiveCount */
  readonly receiveCount?: number
  /** Drives rows of a kind under test, beside the planned tasks. Called once, before time passes. */
  readonly workload?: (context: WorkloadContext) => void
  /** Laws to check besides those of every run, by name. */
  readonly checkers?: Readonly<Record<string, Checker>>
  /** Gets every line of the trace. */
  readonly onLine?: (line: string) => void
}

/** The result of a run. */
export type Report = {
  readonly seed: number
  /** The hash of the trace, which is the same for two runs of a seed. */
  readonly hash: string
  /** Empty when every law was kept. */
  readonly violations: Violations
  readonly faults: Readonly<Record<Fault, number>>
  readonly states: Readonly<Partial<Record<TaskState, number>>>
  readonly commitCount: number
  readonly coverage: Coverage
}

/** The virtual time at which every run starts. No behaviour depends on it. */
const START = Date.UTC(2026, 0, 5, 9)
const MINUTE = 60_000
/** How long after the last input the first look at open work is. */
const SETTLE_MS = 2 * MINUTE
/** How long after the last input all work must be done: the farthest wake-up, its retries, and the intervals of the sweep. */
const REST_MS = 12 * 60 * MINUTE

/** Runs one seed: a phase with faults, then one without until no work is open; then runs every checker. */
export const simulate = async (options: Options): Promise<Report> => {
  const { seed, engine = {}, store: wrap = (store: Store) => store, workload, checkers: more = {}, onLine } = options
  const { receiveCount = LIMITS.queueReceiveCount } = options
  const clock = virtualClock(START)
  const trace = traceOf(onLine)
  const recorder = recorderOf(clock.now, trace)
  const faults = faultsOf(randomOf(`${seed}/faults`))
  const plan = planOf(randomOf(`${seed}/plan`), START)
  const store = memoryStore(':memory:')
  try {
    const bound = plan.tenantLimit === undefined ? {} : { tenantLimit: plan.tenantLimit }
    const harness = harnessOf({
      seed,
      clock,
      faults,
      recorder,
      store,
      engineStore: wrap(store),
      engine: { ...real, ...engine },
      outage: plan.outage,
      healAt: plan.healAt,
      throttling: plan.throttling,
      receiveCount,
      refusesTimers: plan.refusesTimers,
      ...bound,
    })
    startCallers(plan, clock, harness.client, recorder)
    const series = seriesRequestsOf(randomOf(`${seed}/series`), TENANTS, START, plan.healAt)
    const calendars = calendarRequestsOf(randomOf(`${seed}/calendars`), TENANTS, START, plan.healAt)
    startSeries([...series, ...calendars], clock, harness.client, recorder)
    let lastInputAt = Math.max(lastInputOf(plan), ...series.map(({ at }) => at))
    workload?.({
      random: randomOf(`${seed}/workload`),
      healAt: plan.healAt,
      clock: {
        now: clock.now,
        at: (when, run) => {
          lastInputAt = Math.max(lastInputAt, when)
          return clock.at(when, run)
        },
      },
      poison: harness.poison,
      command: (key, commandAt) =>
        requestUntilAnswered(
          clock,
          () => harness.client.command(key, commandAt),
          () => {},
          Number.POSITIVE_INFINITY,
        ),
    })
    for (const stray of plan.strayMessages) clock.at(stray.at, () => harness.sendStray(stray))
    for (const row of plan.poisonedRows) clock.at(row.at, () => harness.poisonRow(row))
    clock.at(plan.healAt, faults.heal)

    let unsettled: string | undefined = 'the run ended before the first look'
    const look = () => {
      unsettled = clock.now() < lastInputAt + SETTLE_MS ? 'inputs are still to come' : unsettledWork()
      if (unsettled && clock.now() < lastInputAt + REST_MS) clock.at(clock.now() + MINUTE, look)
      else isOver = true
    }
    const unsettledWork = (): string | undefined => {
      const open = openTask(recorder.rows())
      if (open) return `task ${open.tenant}/${open.id} is ${open.state}; ${overdue(open, clock.now()) ?? 'it is not due yet'}`
      return openRow(recorder.rows()) ?? harness.unsettledWork()
    }
    let isOver = false
    clock.at(lastInputAt + SETTLE_MS, look)
    await clock.run(() => isOver)

    const history = recorder.history({
      seed,
      healedAt: plan.healAt,
      endedAt: clock.now(),
      ...bound,
      ...defined({ only: faults.only }),
      ...(unsettled ? { unsettled } : {}),
    })
    recorder.traceLine(`settled at ${iso(clock.now())}`)
    return {
      seed,
      hash: trace.hash(),
      violations: check(history, more),
      faults: faults.counts(),
      ...coverageOf(history, harness.refusals()),
    }
  } finally {
    store.close()
  }
}

/** When the last input of a plan comes. */
const lastInputOf = ({ healAt, tasks, commands, strayMessages, operations, pauses }: Plan): Instant =>
  Math.max(healAt, ...[...tasks, ...commands, ...strayMessages, ...operations].map(({ at }) => at), ...pauses.map(({ to }) => to))

/** A task that still has to do something. */
const openTask = (rows: Iterable<Row>): TaskRow | undefined => {
  for (const row of rows)
    if (row.kind === 'task' && isOpen(row.state) && (row.dueAt !== undefined || row.lease !== undefined || row.blocked))
      return row
  return undefined
}

/** Kinds that `openRow` does not look at: tasks have a rule of their own, and a gate may only wait for a look at its holders. */
const OWN_RULE: readonly Kind[] = ['task', 'gate']

/** A row of another kind that still has a wake-up, as a text. */
const openRow = (rows: Iterable<Row>): string | undefined => {
  for (const row of rows)
    if (!OWN_RULE.includes(row.kind) && wakeupsOf(row).length > 0)
      return `${row.kind} ${row.tenant}/${row.id} still has a wake-up at version ${row.version}`
  return undefined
}
