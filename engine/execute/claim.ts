import type { Instant } from '../../core/instant.ts'
import type { Lane } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import type { Nudge } from '../../core/row/nudge.ts'
import { isLeaseValid } from '../../core/task/claim.ts'
import type { ClaimTask } from '../../core/task/command.ts'
import { gatesOf } from '../../core/task/gating.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { onNudge } from '../../core/task/waking.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import { type Acquired, acquireGates, releaseGates } from '../gate/acquire.ts'
import { onBusy } from '../gate/on-busy.ts'
import type { Needs } from '../needs.ts'
import { beforeAttempt, type Persistence, persist } from './persist.ts'

/**
 * Handles the nudge of a task: nudge → command (`onNudge`) → gates → commit. The command is usually a claim, which first
 * acquires a place in each gate of the task; it can also end the task, for example after its deadline.
 *
 * A fault is retried while the function has time for the whole timeout of the task, so that an attempt does not start with less.
 *
 * @param deadlineAt when the function is killed
 * @returns the row after the commit; its state is `running` if the task was claimed
 * @throws the last fault. The row is then as it was, or it has a lease that is over when the message is delivered again
 */
export const claim = async (
  world: Needs<'execute'>,
  app: App,
  nudge: Nudge,
  deadlineAt: Instant = Number.POSITIVE_INFINITY,
): Promise<TaskRow | Refusal> => {
  const lane = app.lanes[nudge.lane]
  if (!lane)
    throw new Error(
      `lane ${nudge.lane} is not one of the deployed lanes ${Object.keys(app.lanes).join(', ')}; deploy the lane again, or move the task`,
    )
  const claimCommand = newClaim(world, app, nudge, lane.leaseMs)
  const read = () => world.store.get({ kind: 'task', tenant: nudge.tenant, id: nudge.id })
  const startedAt = world.clock.now()
  // The interruption of an attempt starts no other one, so it may take longer.
  const boundsFor = (row: Pick<TaskRow, 'lane' | 'timeoutMs'>) =>
    nudge.unstored === undefined
      ? beforeAttempt(app, row, deadlineAt, startedAt + LIMITS.gateClaimMs)
      : { until: Math.min(startedAt + LIMITS.unstoredTryMs, deadlineAt) }
  const slowest = { lane: lane.name, timeoutMs: lane.handlerTimeoutMs }
  const first = await persist(world, { ...boundsFor(slowest), task: nudge, what: READ }, read)
  const bounds = boundsFor(first ?? slowest)
  let isFirst = true
  return persist(world, { ...bounds, task: nudge, what: CLAIM }, async () => {
    const row = isFirst ? first : await read()
    isFirst = false
    // The claim of an earlier try has taken effect, although its answer was lost.
    if (row?.state === 'running' && row.lease?.owner === claimCommand.owner) return row
    return claimOnce(world, app, nudge, { row, lane, claimCommand: { ...claimCommand, at: world.clock.now() }, bounds })
  })
}

const READ = 'the row'
const CLAIM = 'the claim'

type ClaimOnce = {
  readonly row: TaskRow | undefined
  readonly lane: Lane
  readonly claimCommand: ClaimTask
  /** Until when a fault of a release is retried, and a call of it may take. */
  readonly bounds: Pick<Persistence, 'until' | 'abandonAt'>
}

const claimOnce = async (
  world: Needs<'execute'>,
  app: App,
  nudge: Nudge,
  { row, lane, claimCommand, bounds }: ClaimOnce,
): Promise<TaskRow | Refusal> => {
  const command = onNudge(row, nudge, claimCommand, app.retentionMs)
  if (isRefusal(command)) return command
  const needsGates = row !== undefined && command.name === 'claim' && isClaimable(row, claimCommand)
  const startedAt = world.clock.now()
  const acquired: Acquired = needsGates ? await acquireGates(world, app, row, lane.leaseMs) : { gates: [] }
  // With the current time, because the deadline of the task can pass while its gates are acquired.
  const commandFor = (now: TaskRow | undefined, gates: readonly string[]) =>
    onNudge(now, nudge, { ...claimCommand, at: world.clock.now(), ...(gates.length > 0 ? { gates } : {}) }, app.retentionMs)
  const outcome =
    acquired.stale ??
    (acquired.busy
      ? await onBusy(world, app, row as TaskRow, acquired.busy, (now) => commandFor(now, []))
      : await commit(world, nudge, row, startedAt, (now) => commandFor(now, acquired.gates)))
  if (acquired.gates.length > 0)
    await persist(world, { ...bounds, task: nudge, what: 'the release' }, () =>
      releaseUnused(world, row as TaskRow, acquired.gates, outcome),
    )
  return outcome
}

/** Writes the command of the nudge, after the task has acquired its gates or if it has none. */
const commit = async (
  world: Needs<'execute'>,
  nudge: Nudge,
  row: TaskRow | undefined,
  startedAt: number,
  commandFor: (now: TaskRow | undefined) => ReturnType<typeof onNudge>,
): Promise<TaskRow | Refusal> => {
  const applied = await apply(
    world,
    { kind: 'task', tenant: nudge.tenant, id: nudge.id },
    (now) => {
      // After that time its places can have been given to other tasks, or the task can have been paused.
      if (world.clock.now() - startedAt > LIMITS.gateClaimMs)
        throw new Error(
          `task ${nudge.id} was not claimed within ${LIMITS.gateClaimMs} ms of its gates; its message will be redelivered`,
        )
      return commandFor(now)
    },
    row,
  )
  return isRefusal(applied) ? applied : applied.after
}

const newClaim = (world: Needs<'execute'>, app: App, { epoch }: Nudge, leaseMs: number): ClaimTask => {
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

/** Does the claim need gates? A task that is held or not yet due is refused without them. */
const isClaimable = (row: TaskRow, claimCommand: ClaimTask): boolean =>
  row.state === 'running'
    ? !(row.lease && isLeaseValid(row.lease, claimCommand))
    : row.state === 'scheduled' && !(row.dueAt !== undefined && claimCommand.at < row.dueAt)

/**
 * Releases the places of a claim that failed: another worker has claimed the task, or the task was cancelled or has
 * expired. The places belong to the task, not to the worker, so places named on the row are not released.
 */
const releaseUnused = async (
  world: Needs<'execute'>,
  row: TaskRow,
  gates: readonly string[],
  outcome: TaskRow | Refusal,
): Promise<void> => {
  const { tenant, id } = row
  const now = isRefusal(outcome) ? await world.store.get({ kind: 'task', tenant, id }) : outcome
  const heldGates = now ? gatesOf(now) : []
  await releaseGates(
    world,
    row,
    gates.filter((gate) => !heldGates.includes(gate)),
  )
}
