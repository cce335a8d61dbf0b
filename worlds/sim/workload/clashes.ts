import { type DurationMs, formatDuration } from '../../../core/duration.ts'
import type { Instant } from '../../../core/instant.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'

/** What several wishes of one tenant want to be the only one of. */
export type Only = { readonly subject: string } & (
  | { readonly kind: 'unique'; readonly replaces: boolean }
  | { readonly kind: 'debounce'; readonly delayMs: DurationMs; readonly maxDelayMs?: DurationMs }
)

/** Wishes that clash: so many, each at its time. */
export type Clash = { readonly tenant: string; readonly only: Only; readonly times: readonly Instant[] }

const MINUTE = 60_000

/** Draws the clashes of a run. Some come within a second, because that is where the races are. */
export const clashesOf = (random: Random, tenants: readonly string[], start: Instant, healAt: Instant): readonly Clash[] =>
  Array.from({ length: between(random, 0, 3) }, (_, index) => {
    const from = between(random, start, healAt + 5 * MINUTE)
    const span = pick(random, [1_000, MINUTE, 15 * MINUTE])
    return {
      tenant: pick(random, tenants),
      only: onlyOf(random, `s${index}`),
      times: Array.from({ length: between(random, 2, 5) }, () => from + between(random, 0, span)),
    }
  })

const onlyOf = (random: Random, subject: string): Only => {
  if (chance(random, 0.6)) return { kind: 'unique', subject, replaces: chance(random, 0.5) }
  const delayMs = pick(random, [between(random, 0, 10_000), between(random, MINUTE, 5 * MINUTE)])
  return {
    kind: 'debounce',
    subject,
    delayMs,
    ...(chance(random, 0.5) ? { maxDelayMs: delayMs + between(random, 0, MINUTE) } : {}),
  }
}

/** What the request of such a wish says. A debounced one says nothing of its own time. */
export const asking = (only: Only, notBefore: string) => {
  if (only.kind === 'unique')
    return {
      notBefore,
      unique: {
        by: ['/subject'],
        ...(only.replaces ? { onDuplicate: { replace: ['input', 'notBefore', 'expiresAfter'] } } : {}),
      },
    }
  const maxDelay = only.maxDelayMs === undefined ? {} : { maxDelay: formatDuration(only.maxDelayMs) }
  return { debounce: { key: only.subject, delay: formatDuration(only.delayMs), ...maxDelay } }
}
