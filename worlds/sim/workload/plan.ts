import type { DurationMs } from '../../../core/duration.ts'
import type { Instant } from '../../../core/instant.ts'
import { DEFAULT_LANES } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import type { RetryPolicy } from '../../../core/retry/policy.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'
import { DEEDS, type Deed, OBEDIENT } from './behaviours.ts'
import { type Clash, clashesOf, type Only } from './clashes.ts'
import { type Crowd, crowdsOf, type Gated, gatedOf, type PauseOf, pausesOf } from './gating.ts'
import { type OrderOf, ordersOf } from './orders.ts'
import { retryOf } from './retries.ts'
import { ELSEWHERE, STRANGER } from './types.ts'

/** A task that a caller wants, and when it asks. */
export type Wish = Gated & {
  readonly mark: string
  readonly at: Instant
  readonly tenant: string
  readonly type: string
  readonly script: readonly Deed[]
  /** Pads the input beyond what rides on a row. */
  readonly text?: string
  readonly ready: boolean
  readonly notBefore: Instant
  readonly expiresAfterMs?: DurationMs
  readonly retry?: RetryPolicy
  readonly timeoutMs?: DurationMs
  /** The environment in which it is made, when that is another. */
  readonly home?: string
  /** What it is to be the only one of. */
  readonly only?: Only
  /** How often it asks, each time as if it had not been answered. */
  readonly times: number
}

/** Something that a caller says to the task of a wish. */
export type Saying = {
  readonly at: Instant
  readonly mark: string
  readonly verb: 'ready' | 'hold' | 'reschedule' | 'cancel' | 'redrive' | 'resume' | 'skip'
  readonly notBefore: Instant
}

/** A message that comes from nowhere: a text, or a nudge of an open task that comes at once, `epochs` off its present one. */
export type Stray = { readonly at: Instant } & (
  | { readonly lane: string; readonly body: string; readonly isReadable: boolean }
  | { readonly nth: number; readonly epochs: number }
)

/** An open task whose messages die on their queue, one after the other: an executor that does not load, for this task alone. */
export type Curse = { readonly at: Instant; readonly nth: number; readonly deaths: number }

/** What the callers of one run do. */
export type Plan = {
  /** The store's outage, if it has one. */
  readonly outage: { readonly from: Instant; readonly to: Instant }
  readonly healAt: Instant
  readonly wishes: readonly Wish[]
  readonly sayings: readonly Saying[]
  readonly strays: readonly Stray[]
  readonly curses: readonly Curse[]
  readonly pauses: readonly PauseOf[]
  /** How many tasks of each tenant may run at once; in some runs. */
  readonly tenantLimit?: number
  readonly orders: readonly OrderOf[]
}

const MINUTE = 60_000
/** How long a curse lasts at the longest; it is over when the world heals. */
const CURSE_MS = 5 * MINUTE
const TENANTS = ['ada', 'bo', 'cy']

/** Draws what the callers of one run do, from `start` on. */
export const planOf = (random: Random, start: Instant): Plan => {
  const healAt = start + between(random, 30, 60) * MINUTE
  const wishes = Array.from({ length: between(random, 8, 20) }, (_, index) => wishOf(random, start, healAt, `w${index}`))
  const crowds = crowdsOf(random, TENANTS, start, healAt)
  wishes.push(...crowds.flatMap((crowd, index) => crowdOf(random, crowd, healAt, `c${index}`)))
  const sayings = wishes.flatMap((wish) => sayingsOf(random, wish))
  const strays = Array.from({ length: between(random, 0, 3) }, () =>
    strayOf(random, between(random, start, healAt + 10 * MINUTE)),
  )
  const curses = Array.from({ length: between(random, 0, 1) }, () => ({
    at: between(random, start, healAt - CURSE_MS),
    nth: between(random, 0, 100),
    deaths: between(random, 1, LIMITS.redeliveriesCount + 1),
  }))
  const pauses = pausesOf(random, TENANTS, start, healAt)
  const from = between(random, start, healAt)
  const clashes = clashesOf(random, TENANTS, start, healAt)
  const clashing = clashes.flatMap((clash, index) => clashingOf(random, clash, healAt, `u${index}`))
  wishes.push(...clashing)
  sayings.push(...clashing.flatMap((wish) => sayingsOf(random, wish)))
  const orders = ordersOf(random, TENANTS, start, healAt)
  const tenantLimit = chance(random, 0.25) ? { tenantLimit: between(random, 1, 3) } : {}
  return {
    ...tenantLimit,
    outage: { from, to: from + between(random, 1, 15) * MINUTE },
    healAt,
    wishes,
    sayings,
    strays,
    curses,
    pauses,
    orders,
  }
}

const wishOf = (random: Random, start: Instant, healAt: Instant, mark: string): Wish => {
  // Most while things go wrong; some later, to see that the healthy system is punctual.
  const at = chance(random, 0.8) ? between(random, start, healAt) : healAt + between(random, 2 * MINUTE, 15 * MINUTE)
  return {
    mark,
    at,
    tenant: pick(random, TENANTS),
    type: chance(random, 0.03) ? STRANGER : pick(random, ['quiet', 'watched', 'watched', 'noted']),
    script: scriptOf(random),
    ready: chance(random, 0.85),
    notBefore: at + aheadMs(random),
    times: chance(random, 0.2) ? 2 : 1,
    ...gatedOf(random),
    ...(chance(random, 0.15) ? { text: 'y'.repeat(between(random, 300, 2_000)) } : {}),
    ...(chance(random, 0.2) ? { expiresAfterMs: between(random, MINUTE, 30 * MINUTE) } : {}),
    ...(chance(random, 0.6) ? { retry: retryOf(random) } : {}),
    ...(chance(random, 0.5) ? { timeoutMs: timeoutOf(random) } : {}),
    ...(chance(random, 0.04) ? { home: ELSEWHERE } : {}),
  }
}

/** Those of a crowd come within half a minute, due at once, and mostly do something that takes its time. */
const crowdOf = (random: Random, { tenant, at: from, gate, count }: Crowd, healAt: Instant, mark: string): readonly Wish[] =>
  Array.from({ length: count }, (_, index) => {
    const at = from + between(random, 0, 30_000)
    const script = chance(random, 0.6) ? [{ do: 'succeed', ms: between(random, 1_000, 40_000) } as const] : scriptOf(random)
    return { ...wishOf(random, at, healAt, `${mark}.${index}`), at, tenant, gate, script, ready: true, notBefore: at }
  })

/** Those that clash are of one type where that is part of what they share. */
const clashingOf = (random: Random, { tenant, only, times }: Clash, healAt: Instant, mark: string): readonly Wish[] =>
  times.map((at, index) => {
    const wish = wishOf(random, at, healAt, `${mark}.${index}`)
    return {
      ...wish,
      at,
      tenant,
      only,
      notBefore: at + aheadMs(random),
      ...(only.kind === 'debounce' ? { type: 'watched' } : {}),
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

const scriptOf = (random: Random): readonly Deed[] =>
  Array.from({ length: between(random, 1, 4) }, () => ({
    do: chance(random, 0.4) ? 'succeed' : pick(random, DEEDS),
    ms: pick(random, [0, between(random, 1, 1_000), between(random, 1_000, 120_000)]),
  }))

const VERBS = ['ready', 'hold', 'reschedule', 'cancel', 'redrive', 'resume'] as const

const sayingsOf = (random: Random, wish: Wish): readonly Saying[] => {
  const due = Math.max(wish.at, wish.notBefore)
  const said = (verb: Saying['verb'], at: Instant): Saying => ({ at, mark: wish.mark, verb, notBefore: at + aheadMs(random) })
  const chatter = Array.from({ length: between(random, 0, 3) }, () =>
    // Around the time when it is due, because that is where the races are.
    said(chance(random, 0.04) ? 'skip' : pick(random, VERBS), Math.max(wish.at, due + between(random, -MINUTE, 5 * MINUTE))),
  )
  const second =
    wish.expiresAfterMs === undefined ? [] : [said('redrive', due + wish.expiresAfterMs + between(random, 0, 5 * MINUTE))]
  const hangs = OBEDIENT.has(wish.script[0]?.do ?? '') && chance(random, 0.5)
  const stop = hangs ? [said('cancel', due + between(random, 0, 15_000))] : []
  const waits = wish.script.some((deed) => deed.do === 'wait' || deed.do === 'wait for ever')
  return waits && chance(random, 0.8)
    ? [...chatter, ...second, ...stop, said('resume', due + between(random, 0, 10 * MINUTE))]
    : [...chatter, ...second, ...stop]
}

const strayOf = (random: Random, at: Instant): Stray => {
  const lane = pick(random, Object.keys(DEFAULT_LANES))
  const nudge = { kind: 'task', tenant: pick(random, TENANTS), id: 'nobody', epoch: 1, lane, dueAt: at }
  const mark = between(random, 0, 1_000_000)
  return pick<Stray>(random, [
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
