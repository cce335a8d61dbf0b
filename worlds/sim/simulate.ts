import { wakeupsOf } from '../../core/consequences.ts'
import { iso } from '../../core/instant.ts'
import type { Kind, Row } from '../../core/kinds.ts'
import type { TaskState } from '../../core/task/row.ts'
import type { Store } from '../../engine/world.ts'
import { memoryStore } from '../memory/store.ts'
import { virtualClock } from '../memory/virtual-clock.ts'
import { check, type Violations } from './checkers/index.ts'
import { overdue } from './checkers/liveness.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { type Engine, engine as real } from './engine.ts'
import { type Fault, faultsOf } from './faults.ts'
import { harnessOf } from './harness.ts'
import { randomOf } from './random.ts'
import { recorderOf } from './recorder.ts'
import { traceOf } from './trace.ts'
import { callersOf } from './workload/callers.ts'
import { planOf } from './workload/plan.ts'

/** What to run. */
export type Options = {
  readonly seed: number
  /** Steps to put in the place of the real ones: to see that a checker notices. */
  readonly engine?: Partial<Engine>
  /** Puts a store in the place of the true one: to see that a checker notices. */
  readonly store?: (store: Store) => Store
  /** Hears every line of the trace. */
  readonly onLine?: (line: string) => void
}

/** What a run came to. */
export type Report = {
  readonly seed: number
  /** The same for two runs of a seed. */
  readonly hash: string
  /** Laws that were broken; empty is good. */
  readonly broken: Violations
  readonly faults: Readonly<Record<Fault, number>>
  readonly states: Readonly<Partial<Record<TaskState, number>>>
  readonly commitCount: number
  readonly coverage: Coverage
}

/** Every run begins here, in virtual time; nothing depends on when, but an hour is easier to read than an epoch. */
const START = Date.UTC(2026, 0, 5, 9)
const MINUTE = 60_000
/** How long after the last caller everything must have come to rest: the farthest wake-up, its retries, and the sweep's pauses. */
const REST_MS = 12 * 60 * MINUTE

/** Runs one seed: a faulty phase, then a healthy one until everything is at rest; then asks every checker. */
export const simulate = async ({ seed, engine = {}, store: wrap = (store) => store, onLine }: Options): Promise<Report> => {
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
      ...bound,
    })
    callersOf(plan, clock, harness.client, recorder)
    for (const stray of plan.strayMessages) clock.at(stray.at, () => harness.sendStray(stray))
    for (const curse of plan.poisonedTasks) clock.at(curse.at, () => harness.poison(curse))
    clock.at(plan.healAt, faults.heal)

    const lastInputAt = Math.max(
      plan.healAt,
      ...[...plan.tasks, ...plan.commands, ...plan.strayMessages, ...plan.operations].map(({ at }) => at),
      ...plan.pauses.map(({ to }) => to),
    )
    let unsettled: string | undefined = 'it never looked'
    const look = () => {
      unsettled = unsettledWork()
      if (unsettled && clock.now() < lastInputAt + REST_MS) clock.at(clock.now() + MINUTE, look)
      else isOver = true
    }
    const unsettledWork = (): string | undefined => {
      const open = [...store.openTasks()].find((row) => row.dueAt !== undefined || row.lease !== undefined || row.blocked)
      if (open) return `task ${open.tenant}/${open.id} is ${open.state}; ${overdue(open, clock.now()) ?? 'its time has not come'}`
      return openRow(recorder.rows()) ?? harness.unsettledWork()
    }
    let isOver = false
    clock.at(lastInputAt + 2 * MINUTE, look)
    await clock.run(() => isOver)

    const history = recorder.history({
      seed,
      healedAt: plan.healAt,
      endedAt: clock.now(),
      ...bound,
      ...(unsettled ? { unsettled } : {}),
    })
    recorder.note(`settled at ${iso(clock.now())}`)
    return {
      seed,
      hash: trace.hash(),
      broken: check(history),
      faults: faults.counts(),
      ...coverageOf(history, harness.refusals()),
    }
  } finally {
    store.close()
  }
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
