import { iso } from '../../core/instant.ts'
import type { TaskState } from '../../core/task/row.ts'
import type { Store } from '../../engine/world.ts'
import { virtualClock } from '../memory/clock.ts'
import { memoryStore } from '../memory/store.ts'
import { type Broken, check } from './checkers/index.ts'
import { overdue } from './checkers/liveness.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { type Engine, engine as real } from './engine.ts'
import { type Fault, faultsOf } from './faults.ts'
import { randomOf } from './random.ts'
import { recorderOf } from './recorder.ts'
import { harnessOf } from './stage.ts'
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
  readonly keep?: (line: string) => void
}

/** What a run came to. */
export type Report = {
  readonly seed: number
  /** The same for two runs of a seed. */
  readonly hash: string
  /** Laws that were broken; empty is good. */
  readonly broken: Broken
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
export const simulate = async ({ seed, engine = {}, store: wrap = (store) => store, keep }: Options): Promise<Report> => {
  const clock = virtualClock(START)
  const trace = traceOf(keep)
  const recorder = recorderOf(clock.now, trace)
  const faults = faultsOf(randomOf(`${seed}/faults`))
  const plan = planOf(randomOf(`${seed}/plan`), START)
  const store = memoryStore(':memory:')
  try {
    const bound = plan.tenantLimit === undefined ? {} : { tenantLimit: plan.tenantLimit }
    const stage = harnessOf({
      seed,
      clock,
      faults,
      recorder,
      store,
      seen: wrap(store),
      engine: { ...real, ...engine },
      outage: plan.outage,
      ...bound,
    })
    callersOf(plan, clock, stage.doors, recorder)
    for (const stray of plan.strays) clock.at(stray.at, () => stage.stray(stray))
    for (const curse of plan.curses) clock.at(curse.at, () => stage.curse(curse))
    clock.at(plan.healAt, faults.heal)

    const lastWord = Math.max(
      plan.healAt,
      ...[...plan.wishes, ...plan.sayings, ...plan.strays, ...plan.orders].map(({ at }) => at),
      ...plan.pauses.map(({ to }) => to),
    )
    let unrest: string | undefined = 'it never looked'
    const look = () => {
      unrest = restless()
      if (unrest && clock.now() < lastWord + REST_MS) clock.at(clock.now() + MINUTE, look)
      else isOver = true
    }
    const restless = (): string | undefined => {
      const open = [...store.openTasks()].find((row) => row.dueAt !== undefined || row.lease !== undefined || row.blocked)
      if (open) return `task ${open.tenant}/${open.id} is ${open.state}; ${overdue(open, clock.now()) ?? 'its time has not come'}`
      const operation = [...store.openRows()].find(({ kind }) => kind === 'operation')
      if (operation) return `operation ${operation.tenant}/${operation.id} goes on still`
      return stage.unrest()
    }
    let isOver = false
    clock.at(lastWord + 2 * MINUTE, look)
    await clock.run(() => isOver)

    const history = recorder.history({
      seed,
      healedAt: plan.healAt,
      endedAt: clock.now(),
      ...bound,
      ...(unrest ? { unrest } : {}),
    })
    recorder.note(`rests at ${iso(clock.now())}`)
    return {
      seed,
      hash: trace.hash(),
      broken: check(history),
      faults: faults.counts(),
      ...coverageOf(history, stage.refusals()),
    }
  } finally {
    store.close()
  }
}
