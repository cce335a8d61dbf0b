import { defined } from '../../core/defined.ts'
import { gateKey, taskAtPlace } from '../../core/gate/row.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { refuseBlocked } from '../../core/task/claim.ts'
import type { TaskCommand } from '../../core/task/command.ts'
import { taskKeyOf, taskRef } from '../../core/task/gating.ts'
import { isOpen, type TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import type { Needs } from '../needs.ts'
import type { BusyGate } from './acquire.ts'

type World = Needs<'execute'>

/** The command of the nudge for the current row: see `onNudge`. */
type CommandFor = (row: TaskRow | undefined) => TaskCommand | Refusal

/** Handles a task at a busy gate by the gate's `onBusy`: the task waits (`blocked`), is skipped, fails, or replaces the others. */
export const onBusy = async (
  world: World,
  app: App,
  row: TaskRow,
  { requirement, held, refusal }: BusyGate,
  commandFor: CommandFor,
): Promise<TaskRow | Refusal> => {
  const isReplaced = requirement.onBusy === 'replace' && !(await replaceOthers(world, app, row, requirement.ref))
  const stamp = { at: world.clock.now(), by: 'system:gate', reason: refusal.message }
  const { retentionMs } = app
  const busyCommand = (now: TaskRow): TaskCommand => {
    // Only a new task is skipped or failed. A task with an earlier attempt (a retry, or a lost worker) waits for its place.
    const isNew = now.attempt === 0
    if (isReplaced && now.state === 'scheduled')
      return { name: 'cancel', ...stamp, reason: 'replaced by a newer task', retentionMs }
    if (requirement.onBusy === 'skip' && isNew) return { name: 'skip', ...stamp, retentionMs }
    if (requirement.onBusy === 'fail' && isNew)
      return { name: 'fail', ...stamp, error: { code: 'GateBusy', message: refusal.message, retriable: false }, retentionMs }
    return { name: 'block', ...stamp, gate: requirement.ref, held, ...defined({ sole: app.sole }) }
  }
  const { tenant, id } = row
  const applied = await apply(
    world,
    { kind: 'task', tenant, id },
    (now) => {
      // The task may have expired or been cancelled meanwhile; then it does not wait.
      const command = commandFor(now)
      if (!now || isRefusal(command) || command.name !== 'claim') return command
      return now.blocked ? refuseBlocked(now, now.blocked) : busyCommand(now)
    },
    row,
  )
  return isRefusal(applied) ? applied : applied.after
}

/**
 * Cancels the older tasks of the gate, so that the newest one wins: a running one gets a cancel request, a waiting one never
 * starts. The new task then waits for the place. Returns false when the gate has a newer task, which replaces this one.
 */
const replaceOthers = async (world: World, app: App, row: TaskRow, ref: string): Promise<boolean> => {
  const key = gateKey(ref)
  const gate = await world.store.get(key)
  const waiting = await world.store.entries(
    { list: 'waitlist', tenant: key.tenant, id: key.id },
    { limit: LIMITS.gateLimitCount },
  )
  const others = new Set([...(gate?.holders ?? []).map(({ task }) => task), ...waiting.map(({ at }) => taskAtPlace(at))])
  others.delete(taskRef(row))
  const stamp = { by: 'system:gate', reason: `replaced by task ${row.id}`, retentionMs: app.retentionMs }
  let isNewest = true
  for (const other of others) {
    const otherKey = taskKeyOf(other)
    await apply(world, otherKey, (now) => {
      if (!now || now.cancelRequested || !isOpen(now.state))
        return refuse('unchanged', `task ${otherKey.id} has finished or has a cancel request already`)
      if (isNewer(now, row)) {
        isNewest = false
        return refuse('unchanged', `task ${otherKey.id} is newer`)
      }
      return { name: 'cancel', at: world.clock.now(), ...stamp }
    })
  }
  return isNewest
}

const isNewer = (a: TaskRow, b: TaskRow): boolean => a.createdAt > b.createdAt || (a.createdAt === b.createdAt && a.id > b.id)
