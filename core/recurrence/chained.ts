import type { Instant } from '../instant.ts'
import type { Recurring } from './form.ts'
import type { Local } from './local.ts'
import { type DaylightSaving, type Found, type Skipped, searchWallClock } from './wall-clock.ts'
import type { TimeZone } from './zone.ts'

type Chained = Extract<Recurring, { sort: 'chained' }>

/** Where a chained recurrence stands: before its initial run, or after a run. `dueAt` is the nominal time of that run, if known. */
export type Chain = { readonly from: Instant } | { readonly endedAt: Instant; readonly dueAt?: Instant | undefined }

/**
 * The next occurrence of a chained recurrence. A time that the clocks skip follows the policy of the series; a skipped one counts
 * as a run that ended at that time. A repeated time is the first or the second one by policy (`both`: the first), but never one
 * that is over already.
 */
export const searchChained = (
  { initial, afterEnd }: Chained,
  timeZone: TimeZone,
  policy: DaylightSaving,
  chain: Chain,
): Found => {
  const skipped: Skipped[] = []
  let due = 'from' in chain ? initial(chain.from) : afterEnd(chain.endedAt, chain.dueAt)
  let after = 'from' in chain ? chain.from - 1 : chain.endedAt
  for (;;) {
    if (!due) return { reasons: [], skipped }
    if ('at' in due) return { nominalAt: due.at, reasons: [], skipped }
    const { nominalAt, reasons, skipped: gaps } = place(timeZone, policy, due.local, after)
    if (nominalAt !== undefined) return { nominalAt, reasons: [...(due.reason ? [due.reason] : []), ...reasons], skipped }
    const [gap] = gaps
    if (!gap) throw new Error(`${due.local} is no time of ${timeZone} after ${after}`)
    skipped.push(gap)
    after = gap.nominalAt
    due = afterEnd(after, after)
  }
}

/** The instant of a time on the clock, after another one; or the gap in which it is. */
const place = (timeZone: TimeZone, policy: DaylightSaving, local: Local, after: Instant): Found => {
  const nextLocal = (than: Local) => (than < local ? local : undefined)
  const found = searchWallClock(nextLocal, timeZone, policy, after)
  if (found.nominalAt !== undefined || found.skipped.length > 0) return found
  // The pass that the policy names is over, or it is not the one that comes next: the other one is left.
  return searchWallClock(nextLocal, timeZone, { ...policy, overlap: 'both' }, after)
}
