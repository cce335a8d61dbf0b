import { type DurationMs, formatDuration } from '../../../core/duration.ts'
import type { Instant } from '../../../core/instant.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'

/** The subject that several creations of one tenant share, and how duplicates are resolved. */
export type Uniqueness = { readonly subject: string } & (
  | { readonly kind: 'unique'; readonly replaces: boolean }
  | { readonly kind: 'debounce'; readonly delayMs: DurationMs; readonly maxDelayMs?: DurationMs }
)

/** Creations with the same uniqueness, at these times. */
export type DuplicateGroup = { readonly tenant: string; readonly uniqueness: Uniqueness; readonly times: readonly Instant[] }

const MINUTE = 60_000

/** Draws the duplicate groups of a run. Some are within a second, to cause races. */
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

/** The fields of a creation with this uniqueness. A debounced creation has no time of its own. */
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
