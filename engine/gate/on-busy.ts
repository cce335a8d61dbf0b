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
import type { Busy } from './acquire.ts'

type World = Needs<'execute'>

/** What a nudge asks of the row as it is now: see `onNudge`. */
type Ask = (row: TaskRow | undefined) => TaskCommand | Refusal

/** What becomes of a task that has found a gate busy: it waits in line, or what its gate says instead. */
export const onBusy = async (
  world: World,
  app: App,
  row: TaskRow,
  { use, held, no }: Busy,
  ask: Ask,
): Promise<TaskRow | Refusal> => {
  const isReplaced = use.onBusy === 'replace' && !(await replaceOthers(world, app, row, use.ref))
  const said = { at: world.clock.now(), by: 'system:gate', reason: no.message }
  const { retentionMs } = app
  const turnedAway = (now: TaskRow): TaskCommand => {
    // Left out or failed is only what has not been begun: one that is tried again, or has lost its worker, waits for its place.
    const isNew = now.attempt === 0
    if (isReplaced && now.state === 'scheduled')
      return { name: 'cancel', ...said, reason: 'replaced by a newer task', retentionMs }
    if (use.onBusy === 'skip' && isNew) return { name: 'skip', ...said, retentionMs }
    if (use.onBusy === 'fail' && isNew)
      return { name: 'fail', ...said, error: { code: 'GateBusy', message: no.message, retriable: false }, retentionMs }
    return { name: 'block', ...said, gate: use.ref, held }
  }
  const { tenant, id } = row
  const done = await apply(
    world,
    { kind: 'task', tenant, id },
    (now) => {
      // Meanwhile the task may have run out of time, or been cancelled: then it need not wait for anything.
      const asked = ask(now)
      if (!now || isRefusal(asked) || asked.name !== 'claim') return asked
      return now.blocked ? refuseBlocked(now, now.blocked) : turnedAway(now)
    },
    row,
  )
  return isRefusal(done) ? done : done.after
}

/**
 * The newest one wins: those that came before it are cancelled, inside they are asked to stop, in line they do not start;
 * then it waits for the place. Answers false when there is a newer one, to which it has to give way itself.
 */
const replaceOthers = async (world: World, app: App, row: TaskRow, ref: string): Promise<boolean> => {
  const key = gateKey(ref)
  const gate = await world.store.get(key)
  const line = await world.store.entries({ list: 'waitlist', tenant: key.tenant, id: key.id }, { limit: LIMITS.gateLimitCount })
  const others = new Set([...(gate?.holders ?? []).map(({ task }) => task), ...line.map(({ at }) => taskAtPlace(at))])
  others.delete(taskRef(row))
  const said = { by: 'system:gate', reason: `replaced by task ${row.id}`, retentionMs: app.retentionMs }
  let isNewest = true
  for (const other of others) {
    const named = taskKeyOf(other)
    await apply(world, named, (now) => {
      if (!now || now.cancelRequested || !isOpen(now.state)) return refuse('unchanged', `task ${named.id} has been asked already`)
      if (isNewer(now, row)) {
        isNewest = false
        return refuse('unchanged', `task ${named.id} is newer`)
      }
      return { name: 'cancel', at: world.clock.now(), ...said }
    })
  }
  return isNewest
}

const isNewer = (a: TaskRow, b: TaskRow): boolean => a.createdAt > b.createdAt || (a.createdAt === b.createdAt && a.id > b.id)
