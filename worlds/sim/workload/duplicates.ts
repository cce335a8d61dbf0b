import { type DurationMs, formatDuration } from '../../../core/duration.ts'
import type { Instant } from '../../../core/instant.ts'
import type { Random } from '../../memory/ticker.ts'
import { between, chance, pick } from '../random.ts'

/** What several wishes of one tenant want to be the uniqueness one of. */
export type Uniqueness = { readonly subject: string } & (
  | { readonly kind: 'unique'; readonly replaces: boolean }
  | { readonly kind: 'debounce'; readonly delayMs: DurationMs; readonly maxDelayMs?: DurationMs }
)

/** Wishes that clash: so many, each at its time. */
export type DuplicateGroup = { readonly tenant: string; readonly uniqueness: Uniqueness; readonly times: readonly Instant[] }

const MINUTE = 60_000

/** Draws the clashes of a run. Some come within a second, because that is where the races are. */
export const duplicateGroupsOf = (
  random: Random,
  tenants: readonly string[],
  start: Instant,
  healAt: Instant,
): readonly DuplicateGroup[] =>
  Array.from({ length: between(random, 0, 3) }, (_, index) => {
    const from = between(random, start, healAt + 5 * MINUTE)
    const span = pick(random, [1_000, MINUTE, 15 * MINUTE])
    return {
      tenant: pick(random, tenants),
      uniqueness: uniquenessOf(random, `s${index}`),
      times: Array.from({ length: between(random, 2, 5) }, () => from + between(random, 0, span)),
    }
  })

const uniquenessOf = (random: Random, subject: string): Uniqueness => {
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
export const requestFields = (uniqueness: Uniqueness, notBefore: string) => {
  if (uniqueness.kind === 'unique')
    return {
      notBefore,
      unique: {
        by: ['/subject'],
        ...(uniqueness.replaces ? { onDuplicate: { replace: ['input', 'notBefore', 'expiresAfter'] } } : {}),
      },
    }
  const maxDelay = uniqueness.maxDelayMs === undefined ? {} : { maxDelay: formatDuration(uniqueness.maxDelayMs) }
  return { debounce: { key: uniqueness.subject, delay: formatDuration(uniqueness.delayMs), ...maxDelay } }
}
