import type { Instant } from '../../core/instant.ts'
import type { Ticker } from '../memory/clock.ts'
import { chance, type Random } from '../memory/faults.ts'
import type { Faults } from './faults.ts'
import { between } from './random.ts'

type Conditions = {
  readonly clock: Ticker
  readonly random: Random
  readonly faults: Faults
  /** After this instant no fault occurs. */
  readonly healAt: Instant
}

/** Part of the throttled partitions that hold one row; the others hold all rows and documents of a tenant. */
const ROW_SHARE = 0.6
/** Part of the throttled partitions that refuse reads, too. */
const READS_SHARE = 0.3
/** How long a partition is throttled: longer than the client of DynamoDB retries, and often longer than a function runs. */
const LEAST_MS = 10_000
const MOST_MS = 300_000

/**
 * Partitions of the store that refuse calls for a while, as DynamoDB does beyond the throughput of a partition.
 *
 * @returns does the store refuse this call now? A call can be the first that its partition refuses
 */
export const throttlingOn = ({ clock, random, faults, healAt }: Conditions) => {
  const throttled = new Map<string, { readonly until: Instant; readonly refusesReads: boolean }>()

  return (verb: string, args: readonly unknown[]): boolean => {
    const partition = partitionOf(verb, args)
    if (!partition) return false
    const now = clock.now()
    const isRead = READS.has(verb)
    for (const name of partition) {
      const it = throttled.get(name)
      if (it && now < it.until && (!isRead || it.refusesReads)) return true
    }
    if (isRead || !faults.occurs('partition throttled')) return false
    const [tenant, row] = partition
    const until = Math.min(now + between(random, LEAST_MS, MOST_MS), healAt)
    throttled.set(chance(random, ROW_SHARE) ? row : tenant, { until, refusesReads: chance(random, READS_SHARE) })
    return true
  }
}

const READS: ReadonlySet<string> = new Set(['store.get', 'store.getDocument'])

/** The names of the partitions of a call: its tenant and its row. Undefined for a call that is not about one row. */
const partitionOf = (verb: string, args: readonly unknown[]): readonly [tenant: string, row: string] | undefined => {
  if (verb === 'store.get' || verb === 'store.put') {
    const { kind, tenant, id } = args[0] as { readonly kind: string; readonly tenant: string; readonly id: string }
    return [tenant, `${tenant}/${kind}/${id}`]
  }
  if (verb === 'store.putDocument' || verb === 'store.getDocument') return [String(args[0]), `${args[0]}/document/${args[1]}`]
  return undefined
}
