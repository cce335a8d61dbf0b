import type { GateSpec, Scope } from '../../../core/gate/requirements.ts'
import type { Priority } from '../../../core/gate/row.ts'
import type { Instant } from '../../../core/instant.ts'
import { SYSTEM_TENANT } from '../../../core/row/key.ts'
import type { Random } from '../../memory/ticker.ts'
import { between, chance, pick } from '../random.ts'

/** What a wish says of its way through gates. */
export type GateChoice = { readonly gate?: GateSpec; readonly priority?: Priority }

/** Something that somebody stops, and when it goes on. */
export type PlannedPause = { readonly tenant: string; readonly scope: Scope; readonly from: Instant; readonly to: Instant }

/** Gates with few places, so that tasks meet there. A key has one set of terms in all its tasks. */
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

/** Draws whether a wish has a gate, and how it presses there. */
export const gateChoiceOf = (random: Random): GateChoice => ({
  ...(chance(random, 0.35) ? { gate: pick(random, GATES) } : {}),
  ...(chance(random, 0.3) ? { priority: pick<Priority>(random, ['high', 'low']) } : {}),
})

const MINUTE = 60_000

/** Wishes that come to one gate at once: with few at a time, hardly anybody would ever wait. */
export type Burst = { readonly tenant: string; readonly at: Instant; readonly gate: GateSpec; readonly count: number }

/** Draws the crowds of a run. */
export const burstsOf = (random: Random, tenants: readonly string[], start: Instant, healAt: Instant): readonly Burst[] =>
  Array.from({ length: between(random, 0, 2) }, () => ({
    tenant: pick(random, tenants),
    at: between(random, start, healAt + 20 * MINUTE),
    gate: pick(random, GATES),
    count: between(random, 2, 8),
  }))

/** Draws what is paused in a run. Everything goes on in the end, or nothing would come to rest. */
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
