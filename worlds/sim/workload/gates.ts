import type { GateSpec, Scope } from '../../../core/gate/requirements.ts'
import type { Priority } from '../../../core/gate/row.ts'
import type { Instant } from '../../../core/instant.ts'
import { SYSTEM_TENANT } from '../../../core/row/key.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'

/** The gate and the priority of a planned task. */
export type GateChoice = { readonly gate?: GateSpec; readonly priority?: Priority }

/** A pause of a scope, and when it is resumed. */
export type PlannedPause = { readonly tenant: string; readonly scope: Scope; readonly from: Instant; readonly to: Instant }

/** Gates with low limits, so that tasks wait. A key has the same limits in all its tasks. */
const GATES: readonly GateSpec[] = [
  { key: 'one', limit: 1 },
  { key: 'one', limit: 1 },
  { key: 'two', limit: 2 },
  { key: 'rated', rate: { count: 2, periodMs: 60_000 } },
  { key: 'both', limit: 2, rate: { count: 3, periodMs: 120_000 } },
  { key: 'skips', limit: 1, onBusy: 'skip' },
  { key: 'fails', limit: 1, onBusy: 'fail' },
  { key: 'replaces', limit: 1, onBusy: 'replace' },
]

/** Draws the gate and the priority of a task, if it has one. */
export const gateChoiceOf = (random: Random): GateChoice => ({
  ...(chance(random, 0.35) ? { gate: pick(random, GATES) } : {}),
  ...(chance(random, 0.3) ? { priority: pick<Priority>(random, ['high', 'low']) } : {}),
})

const MINUTE = 60_000

/** Tasks that need one gate at once: without bursts, few tasks would wait. */
export type Burst = { readonly tenant: string; readonly at: Instant; readonly gate: GateSpec; readonly count: number }

/** Draws the bursts of a run. */
export const burstsOf = (random: Random, tenants: readonly string[], start: Instant, healAt: Instant): readonly Burst[] =>
  Array.from({ length: between(random, 0, 2) }, () => ({
    tenant: pick(random, tenants),
    at: between(random, start, healAt + 20 * MINUTE),
    gate: pick(random, GATES),
    count: between(random, 2, 8),
  }))

/** Draws the pauses of a run. Each one is resumed; otherwise the run would not end. */
export const pausesOf = (random: Random, tenants: readonly string[], start: Instant, healAt: Instant): readonly PlannedPause[] =>
  Array.from({ length: between(random, 0, 2) }, () => {
    const from = between(random, start, healAt + 10 * MINUTE)
    return {
      tenant: pick(random, [...tenants, SYSTEM_TENANT]),
      scope: pick<Scope>(random, ['tenant', 'type.quiet', 'type.watched', 'lane.high', 'lane.normal']),
      from,
      to: from + between(random, 1, 30) * MINUTE,
    }
  })
