import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { DAY_MS, type Local, showLocal } from './local.ts'
import { AROUND_MS, offsetsAround, type TimeZone, toInstants } from './zone.ts'

/** What a series does at the times that its zone skips, and at those that it repeats. */
export type DaylightSaving = {
  /** `skip`: there is no occurrence. `shift`: it is later by the length of the gap, so 02:30 becomes 03:30 (RFC 5545). */
  readonly gap: 'skip' | 'shift'
  readonly overlap: 'first' | 'second' | 'both'
}

/** A reason why an occurrence is odd, or why there is none. */
export type Reason = { readonly code: ReasonCode; readonly message: string }
/** Why an occurrence is odd, or missing. The preview and the log show these codes. */
export type ReasonCode = 'gap' | 'overlap' | 'window' | 'holiday' | 'jitter' | 'spread'

/** A time at which there is no occurrence although the recurrence names it. */
export type Skipped = { readonly nominalAt: Instant; readonly code: 'gap' | 'holiday'; readonly message: string }

/** The result of a search: the first instant, what was left out before it, and where a bounded search ended. */
export type Found = {
  readonly nominalAt?: Instant
  readonly reasons: readonly Reason[]
  readonly skipped: readonly Skipped[]
  readonly more?: Instant
}

/**
 * The first instant after another one at which the clocks of a zone show a time of the recurrence.
 *
 * A wall-clock time is an instant for each offset of the zone. The times are searched once for each offset that is in force
 * around, and these searches are merged in the order of their instants. So the answer is the first one, even where the clocks
 * go back, and no time in a gap is passed over silently.
 */
export const searchWallClock = (
  nextLocal: (after: Local) => Local | undefined,
  timeZone: TimeZone,
  policy: DaylightSaving,
  after: Instant,
): Found => {
  const skipped: Skipped[] = []
  let from = after
  let steps = 0
  for (;;) {
    const first = nextLocal(from + offsetsAround(timeZone, from).least)
    if (first === undefined) return { reasons: [], skipped }
    // No instant of this time or of a later one is earlier than this.
    const centre = Math.max(from, first - AROUND_MS + DAY_MS)
    const until = centre + DAY_MS
    const streams = offsetsOf(timeZone, centre).map((offset) => streamOf(nextLocal, offset, Math.max(from + offset, first - 1)))
    for (;;) {
      const nearest = nearestOf(streams)
      if (nearest?.at === undefined) return { reasons: [], skipped }
      const { at, offset } = nearest
      if (at > until) break
      steps += 1
      if (steps > LIMITS.recurrenceStepsCount) return { reasons: [], skipped, more: at - 1 }
      const found = decide(timeZone, policy, at + offset, at)
      if (found && 'nominalAt' in found) skipped.push(found)
      else if (found) return { nominalAt: at, reasons: found.reasons, skipped }
      streams[streams.indexOf(nearest)] = streamOf(nextLocal, offset, at + offset)
    }
    from = until
  }
}

/** The search with one offset: the next instant of it, which is absent when there is none any more. */
type Stream = { readonly offset: DurationMs; readonly at?: Instant }

const streamOf = (nextLocal: (after: Local) => Local | undefined, offset: DurationMs, after: Local): Stream => {
  const local = nextLocal(after)
  return local === undefined ? { offset } : { offset, at: local - offset }
}

const offsetsOf = (timeZone: TimeZone, at: Instant): readonly number[] => {
  const { least, most } = offsetsAround(timeZone, at)
  return least === most ? [least] : [least, most]
}

const nearestOf = (streams: readonly Stream[]): Stream | undefined =>
  streams.reduce<Stream | undefined>(
    (nearest, it) => (it.at !== undefined && !(nearest?.at !== undefined && nearest.at <= it.at) ? it : nearest),
    undefined,
  )

/** Is this instant an occurrence of this wall-clock time, a skipped one, or neither? */
const decide = (
  timeZone: TimeZone,
  { gap, overlap }: DaylightSaving,
  local: Local,
  at: Instant,
): { readonly reasons: readonly Reason[] } | Skipped | undefined => {
  const instants = toInstants(timeZone, local)
  if (instants.is === 'once') return instants.at === at ? { reasons: [] } : undefined
  if (instants.is === 'gap') {
    if (instants.shifted !== at) return undefined
    const message = `${showLocal(local)} does not exist in ${timeZone}: the clocks go forward`
    return gap === 'skip'
      ? { nominalAt: at, code: 'gap', message }
      : { reasons: [{ code: 'gap', message: `${message}, and the occurrence is later by as much` }] }
  }
  const { first, second } = instants
  const which = at === first ? 'first' : at === second ? 'second' : undefined
  if (which === undefined || (overlap !== 'both' && overlap !== which)) return undefined
  return { reasons: [{ code: 'overlap', message: `${showLocal(local)} occurs twice in ${timeZone}: this is the ${which} time` }] }
}
