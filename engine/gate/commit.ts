import type { DurationMs } from '../../core/duration.ts'
import { decideGate } from '../../core/gate/decide.ts'
import { type GateRef, type GateRow, gateKey } from '../../core/gate/row.ts'
import { fraction } from '../../core/hash.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import { type Applied, apply, type ChooseCommand } from '../apply.ts'
import type { Writer } from '../needs.ts'
import type { World } from '../world.ts'

/** The part of the world that changes gates. */
export type GateWriter = Writer & { readonly clock: Pick<World['clock'], 'sleep'> }

/**
 * `apply` for a gate, whose one row many tasks change at the same time. Changes of one process wait for one another, so
 * they lose no race against each other. After lost races against other processes the change waits, a random time within a
 * growing bound: a lost write costs as many units as a successful one, and without waits a change among twenty others
 * loses all of its tries in four of ten cases.
 *
 * @param by names the change among those that race for the gate, such as its task: the waits differ by it
 * @throws as `apply`
 */
export const applyToGate = async (
  world: GateWriter,
  ref: GateRef,
  by: string,
  chooseCommand: ChooseCommand<'gate'>,
  known?: GateRow,
): Promise<Applied<'gate'> | Refusal> => {
  const row = known ?? (await world.store.get(gateKey(ref)))
  const command = chooseCommand(row)
  // Most commands to a full gate are refused. They write nothing, so they need not wait for those that write.
  const decided = isRefusal(command) ? command : decideGate(gateKey(ref), row, command)
  if (isRefusal(decided)) return decided
  return inTurn(world.store, ref, (last = row) =>
    apply(world, gateKey(ref), chooseCommand, last ?? 'none', {
      afterLostRace: (lostCount) => backOff(world, `${ref}/${by}`, lostCount),
    }),
  )
}

/** Waits after a lost race; returns whether it did. The first few are repeated at once. */
export const backOff = async ({ clock }: GateWriter, by: string, lostCount: number): Promise<boolean> => {
  const most = backOffMostMs(lostCount)
  if (most > 0) await clock.sleep(Math.ceil(most * fraction(`${by}/${lostCount}/${clock.now()}`)))
  return most > 0
}

/** The longest wait after this many lost races. Source of bound and jitter: "Exponential Backoff And Jitter", AWS Architecture Blog. */
const backOffMostMs = (lostCount: number): DurationMs =>
  lostCount <= LIMITS.gateLostAtOnceCount
    ? 0
    : Math.min(LIMITS.gateBackOffMs * 2 ** (lostCount - LIMITS.gateLostAtOnceCount - 1), LIMITS.gateBackOffMostMs)

/** What is known of a gate after a change: its row, if the change was written. */
type Known = GateRow | undefined

/** The last change of each gate that this process has begun, by store. */
const turns = new WeakMap<Writer['store'], Map<GateRef, Promise<Known>>>()

/** Runs one change of a gate after another. Each starts with the row that the one before it has written. */
const inTurn = async (
  store: Writer['store'],
  ref: GateRef,
  change: (last: Known) => Promise<Applied<'gate'> | Refusal>,
): Promise<Applied<'gate'> | Refusal> => {
  const last = turns.get(store) ?? new Map<GateRef, Promise<Known>>()
  turns.set(store, last)
  const done = (last.get(ref) ?? Promise.resolve(undefined)).then(change)
  const known: Promise<Known> = done.then(
    (answer) => (isRefusal(answer) ? undefined : answer.after),
    () => undefined,
  )
  last.set(ref, known)
  try {
    return await done
  } finally {
    if (last.get(ref) === known) last.delete(ref)
  }
}
