import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { type Key, SYSTEM_TENANT } from '../row/key.ts'
import type { Place } from '../row/place.ts'

/** A place on the watch, which covers all tenants and all kinds of rows. */
export type WatchedPlace = Key & Place

/**
 * How far the sweep has come over all tenants. Each sweep continues where the last one stopped, so that one that runs out of
 * time leaves out no tenant and no row for good. How far it has come on the agenda of a tenant is on the tenant's row.
 */
export type SweepProgress = {
  /** The repair moments up to and including this time belong to earlier sweeps. */
  readonly from: Instant
  /** A walk over the watch that was not completed: it takes the moments after `from` up to `to`, and continues after `after`. */
  readonly to?: Instant
  readonly after?: WatchedPlace
  /** The moments after `from` are taken for the second time, because some rows could not be woken the first time. */
  readonly isRepeat?: true
  /** The tenant after which the next sweep starts. Absent: at the first one. */
  readonly visited?: string
  /** When the present round over all tenants began, and the round before. */
  readonly roundAt: Instant
  readonly previousRoundAt: Instant
}

/** The one row with the progress of the sweep. */
export type SweepRow = Key & { readonly kind: 'sweep'; readonly version: number } & SweepProgress

/** The key of that row. */
export const SWEEP_KEY: Key & { readonly kind: 'sweep' } = { kind: 'sweep', tenant: SYSTEM_TENANT, id: 'progress' }

/** Stores the progress. */
export type SweepCommand = {
  readonly name: 'advance'
  readonly at: Instant
  readonly by: string
  readonly progress: SweepProgress
}

/** The progress only moves forward. Two sweeps at one time, after a double invocation, do the same work twice. */
export const decideSweep = (_: Key, row: SweepRow | undefined, { progress }: SweepCommand): SweepRow | Refusal => {
  if (row && (progress.from < row.from || progress.roundAt < row.roundAt))
    return refuse('superseded', 'another sweep has come further')
  const { from, to, after, isRepeat, visited, roundAt, previousRoundAt } = progress
  const version = (row?.version ?? 0) + 1
  return { ...SWEEP_KEY, version, from, roundAt, previousRoundAt, ...defined({ to, after, isRepeat, visited }) }
}
