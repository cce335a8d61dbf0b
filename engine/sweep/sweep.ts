import { defined } from '../../core/defined.ts'
import { LIMITS } from '../../core/limits.ts'
import { SWEEP_KEY, type SweepProgress } from '../../core/sweep/row.ts'
import type { SweepApp } from '../app.ts'
import { apply } from '../apply.ts'
import type { Needs } from '../needs.ts'
import { sendUnarmed } from '../unarmed.ts'
import { type SweepResult, type SweepRun, sumOf, sweepRunOf } from './repair.ts'
import { sweepTenants } from './tenants.ts'
import { sweepWatched } from './watch.ts'

/**
 * Repairs lost messages and timers: index → overdue rows → the wake-up of each row again. The agenda of each tenant has the
 * tasks by nominal time; each place is passed once (`visitAgenda`). The watch, over all tenants, has what the walk has found
 * unsettled, and the wake-ups at other times: retries, deadlines, leases (`sweepWatched`). The nudges of refused timers are
 * sent when they are near (`sendUnarmed`).
 *
 * A sweep ends its work after `LIMITS.sweepWorkMs`, and the next one continues where it stopped. A fault of one row or tenant
 * does not stop the others.
 *
 * @throws AggregateError at the end, with all faults
 */
export const sweep = async (world: Needs<'sweep'>, app: SweepApp): Promise<SweepResult> => {
  const run = sweepRunOf(world, app)
  // A part may use its share of the time, so that none starves the parts after it.
  const isOverAt = (share: number) => () => world.clock.now() - run.now >= share * LIMITS.sweepWorkMs
  const before = progressOf(await world.store.get(SWEEP_KEY), run)

  const unarmed = await sendUnarmed(world, isOverAt(UNARMED_SHARE))
  const watched = await sweepWatched(run, before, isOverAt(WATCH_SHARE))
  const { visited, roundAt, previousRoundAt } = before
  const inRound = { ...watched.progress, roundAt, previousRoundAt }
  const round = await sweepTenants(run, {
    after: visited,
    isOver: isOverAt(1),
    save: (tenant) => store(run, { ...inRound, visited: tenant }),
  })
  const rounds = round.isComplete
    ? { roundAt: run.now, previousRoundAt: run.now }
    : round.isNew
      ? { roundAt: run.now, previousRoundAt: roundAt }
      : { roundAt, previousRoundAt }
  // After a complete round no tenant waits for its turn, and one list of tenants is cheaper than its two parts.
  const stoppedAfter = round.isComplete ? undefined : (round.stoppedAfter ?? visited)
  await store(run, { ...watched.progress, ...rounds, ...defined({ visited: stoppedAfter }) })

  // A tenant that was not visited in this sweep was visited in the round before the present one.
  reportLag(run, watched.progress, round.isComplete ? round.reachedAt : Math.min(round.reachedAt, rounds.previousRoundAt))
  const { examined, repaired, faults } = sumOf([
    { examined: unarmed.sentCount, repaired: 0, faults: unarmed.faults },
    watched,
    round,
  ])
  if (repaired > 0) world.meter.add('SweepRepairs', repaired, {})
  world.log[repaired + faults.length > 0 ? 'warn' : 'info']('sweep.done', { examined, repaired, faults: faults.length })
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} parts of the sweep failed; all other parts are done`)
  return { examined, repaired, faults }
}

const UNARMED_SHARE = 0.25
const WATCH_SHARE = 0.6

/** The first sweep takes the moments of the last two intervals. */
const progressOf = (row: SweepProgress | undefined, { now }: SweepRun): SweepProgress =>
  row ?? { from: now - 2 * LIMITS.sweepEveryMs, roundAt: now, previousRoundAt: now }

const store = async ({ world }: SweepRun, progress: SweepProgress): Promise<void> => {
  await apply(world, SWEEP_KEY, () => ({ name: 'advance', at: world.clock.now(), by: 'system:sweep', progress }))
}

/**
 * Reports how far the sweep is behind: at the tenant that is farthest behind, or on the watch. A sweep that completes everything
 * reports nothing, because each reported metric is billed.
 */
const reportLag = ({ world, now }: SweepRun, { from, to }: Pick<SweepProgress, 'from' | 'to'>, agendaAt: number): void => {
  const watchLagMs = to === undefined ? 0 : now - from
  const lagMs = Math.max(watchLagMs, now - agendaAt)
  if (lagMs > LIMITS.sweepGraceMs) world.meter.add('SweepLag', lagMs, {})
}
