import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import type { Nudge } from '../../core/row/nudge.ts'
import { leaseHolds } from '../../core/task/claim.ts'
import type { ClaimTask } from '../../core/task/command.ts'
import { gatesOf } from '../../core/task/gating.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { onNudge } from '../../core/task/waking.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import { type Acquired, acquireGates, releaseGates } from '../gate/acquire.ts'
import { onBusy } from '../gate/on-busy.ts'
import type { Needs } from '../needs.ts'

/**
 * Does what a nudge asks of its row: usually a claim, for which the task has to pass the gates on its way first; or the
 * end of a task whose time has run out.
 *
 * @returns the row as it is then, running if it was claimed
 */
export const claim = async (world: Needs<'execute'>, app: App, nudge: Nudge): Promise<TaskRow | Refusal> => {
  const lane = app.lanes[nudge.lane]
  if (!lane)
    throw new Error(`lane ${nudge.lane} is not one of ${Object.keys(app.lanes).join(', ')}; deploy it again, or move the task`)
  const key = { kind: 'task', tenant: nudge.tenant, id: nudge.id } as const
  const row = await world.store.get(key)
  const take = claimBy(world, app, nudge, lane.leaseMs)
  const asked = onNudge(row, nudge, take, app.retentionMs)
  if (isRefusal(asked)) return asked
  const passes = row !== undefined && asked.name === 'claim' && isClaimable(row, take)
  const cameAt = world.clock.now()
  const passed: Acquired = passes ? await acquireGates(world, app, row, lane.leaseMs) : { gates: [] }
  // By the present time: gates and rivals may have taken until after the task's deadline.
  const ask = (now: TaskRow | undefined, gates: readonly string[]) =>
    onNudge(now, nudge, { ...take, at: world.clock.now(), ...(gates.length > 0 ? { gates } : {}) }, app.retentionMs)
  const done =
    passed.stale ??
    (passed.busy
      ? await onBusy(world, app, row as TaskRow, passed.busy, (now) => ask(now, []))
      : await commit(world, nudge, row, cameAt, (now) => ask(now, passed.gates)))
  if (passed.gates.length > 0) await releaseUnused(world, row as TaskRow, passed.gates, done)
  return done
}

/** Writes what the nudge asks for, on a row that has passed its gates or needs none. */
const commit = async (
  world: Needs<'execute'>,
  nudge: Nudge,
  row: TaskRow | undefined,
  cameAt: number,
  ask: (now: TaskRow | undefined) => ReturnType<typeof onNudge>,
): Promise<TaskRow | Refusal> => {
  const done = await apply(
    world,
    { kind: 'task', tenant: nudge.tenant, id: nudge.id },
    (now) => {
      // Later than that, others may have been called to its places, or it may have been paused, and it would not know.
      if (world.clock.now() - cameAt > LIMITS.gateClaimMs)
        throw new Error(`task ${nudge.id} was held up for too long on its way to be claimed; its message comes back`)
      return ask(now)
    },
    row,
  )
  return isRefusal(done) ? done : done.after
}

const claimBy = (world: Needs<'execute'>, app: App, { epoch }: Nudge, leaseMs: number): ClaimTask => {
  const { environmentId } = app
  const name = world.ids.next()
  const owner = app.sole ? `${app.sole}.${name}` : name
  const at = world.clock.now()
  return {
    name: 'claim',
    at,
    by: `worker:${owner}`,
    epoch,
    owner,
    leaseMs,
    environmentId,
    ...(app.sole ? { sole: app.sole } : {}),
  }
}

/** Those that are held or not yet due are refused by the row itself, and need no gate for that. */
const isClaimable = (row: TaskRow, take: ClaimTask): boolean =>
  row.state === 'running'
    ? !(row.lease && leaseHolds(row.lease, take))
    : row.state === 'scheduled' && !(row.dueAt !== undefined && take.at < row.dueAt)

/**
 * Gives back what was taken and came to nothing: the task has been claimed by a rival, cancelled, or its time has run out.
 * The places belong to the task and not to who has taken them for it: those that stand on its row stay its own.
 */
const releaseUnused = async (
  world: Needs<'execute'>,
  row: TaskRow,
  gates: readonly string[],
  done: TaskRow | Refusal,
): Promise<void> => {
  const { tenant, id } = row
  const now = isRefusal(done) ? await world.store.get({ kind: 'task', tenant, id }) : done
  const around = now ? gatesOf(now) : []
  await releaseGates(
    world,
    row,
    gates.filter((gate) => !around.includes(gate)),
  )
}
