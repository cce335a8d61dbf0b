import { CONTROL_LANE } from '../core/lanes.ts'
import { heldBy } from '../core/operation/decide.ts'
import type { OperationRow } from '../core/operation/row.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { Nudge } from '../core/row/nudge.ts'
import { apply } from './apply.ts'
import type { ControlApp } from './control.ts'
import type { Needs } from './needs.ts'
import { lookAhead } from './operation/look.ts'
import { tellAll } from './operation/tell.ts'

/**
 * Goes on with an operation by one page: looks what lies ahead, takes it in hand, tells every task of it, and writes what
 * came of that. If this process dies in between, the page is in hand until its time is over, and then told again from its
 * beginning; a task that has been told knows it.
 *
 * @returns why there was nothing to do
 */
export const operate = async (world: Needs<'control'>, app: ControlApp, nudge: Nudge): Promise<Refusal | undefined> => {
  const key = { kind: 'operation', tenant: nudge.tenant, id: nudge.id } as const
  const row = (await world.store.get(key)) as OperationRow | undefined
  const no = unfit(row, nudge, world.clock.now())
  if (no) return no
  const { version, inHand } = row as OperationRow
  const { retentionMs } = app
  const found = inHand ? {} : { found: await lookAhead(world, row as OperationRow, retentionMs) }
  const at = world.clock.now()
  const until = at + CONTROL_LANE.leaseMs
  const taken = await apply(world, key, () => ({ name: 'take', at, by: BY, version, ...found, until, retentionMs }), row)
  if (isRefusal(taken)) return taken
  const page = taken.after
  if (!page.inHand) return undefined
  const told = await tellAll(world, app, page, page.inHand)
  const said = { at: world.clock.now(), by: BY }
  const done = await apply(world, key, () => ({ name: 'tell', ...said, page: page.pagesCount, told, retentionMs }), page)
  return isRefusal(done) ? done : undefined
}

const BY = 'system:operation'

const unfit = (row: OperationRow | undefined, { id, epoch }: Nudge, now: number): Refusal | undefined => {
  if (!row) return refuse('unknown', `there is no operation ${id}`)
  const { state, inHand } = row
  if (row.epoch !== epoch)
    return refuse('superseded', `operation ${id} has another wake-up than that of epoch ${epoch}`, { state })
  if (state !== 'running') return refuse('finished', `operation ${id} has ${state} already`, { state })
  return inHand && now < inHand.until ? heldBy(row, inHand.until) : undefined
}
