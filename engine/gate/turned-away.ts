import { taskAt } from '../../core/gate/line.ts'
import { type GateRow, gateKey } from '../../core/gate/row.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { staleNudge, waiting } from '../../core/task/claim.ts'
import type { TaskCommand } from '../../core/task/command.ts'
import { taskRef } from '../../core/task/passage.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import type { Needs } from '../needs.ts'
import type { Passed } from './pass.ts'

type World = Needs<'execute'>
type Busy = Extract<Passed, { busy: unknown }>

/** What becomes of a task that has found a gate busy: it waits in line, or what its gate says instead. */
export const turnAway = async (world: World, app: App, row: TaskRow, { busy, held, no }: Busy): Promise<TaskRow | Refusal> => {
  if (busy.onBusy === 'replace') await replaceOthers(world, app, row, busy.ref)
  const said = { at: world.clock.now(), by: 'system:gate', reason: no.message }
  const { retentionMs } = app
  const intend = (now: TaskRow): TaskCommand => {
    // Left out or failed is only what has not been begun: one that is tried again, or has lost its worker, waits for its place.
    const isNew = now.attempt === 0
    if (busy.onBusy === 'skip' && isNew) return { name: 'skip', ...said, retentionMs }
    if (busy.onBusy === 'fail' && isNew)
      return { name: 'fail', ...said, error: { code: 'GateBusy', message: no.message, retriable: false }, retentionMs }
    return { name: 'block', ...said, gate: busy.ref, held }
  }
  const { tenant, id } = row
  const done = await apply(
    world,
    { kind: 'task', tenant, id },
    (now) => (now ? (moved(now, row) ?? intend(now)) : refuse('unknown', `there is no task ${id}`)),
    row,
  )
  return isRefusal(done) ? done : done.after
}

const moved = (now: TaskRow, { epoch }: TaskRow): Refusal | undefined =>
  staleNudge(now, epoch) ?? (now.blocked ? waiting(now, now.blocked) : undefined)

/** Whoever replaces the others has them cancelled: those inside are asked to stop, those in line do not start. It then waits for the place. */
const replaceOthers = async (world: World, app: App, row: TaskRow, ref: string): Promise<void> => {
  const key = gateKey(ref)
  const gate = (await world.store.get(key)) as GateRow | undefined
  const line = await world.store.entries({ list: 'line', tenant: key.tenant, id: key.id }, { limit: LIMITS.gateLimitCount })
  const others = [...(gate?.holders ?? []).map(({ task }) => task), ...line.map(({ at }) => taskAt(at))]
  const said = { by: 'system:gate', reason: `replaced by task ${row.id}`, retentionMs: app.retentionMs }
  for (const other of new Set(others)) {
    if (other === taskRef(row)) continue
    const [tenant = '', id = ''] = other.split('/')
    await apply(world, { kind: 'task', tenant, id }, (now) =>
      now?.cancelRequested || !now
        ? refuse('unchanged', `task ${id} has been asked already`)
        : { name: 'cancel', at: world.clock.now(), ...said },
    )
  }
}
