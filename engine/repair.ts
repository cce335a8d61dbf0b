import { wakes } from '../core/consequences.ts'
import type { Instant } from '../core/instant.ts'
import type { Row } from '../core/kinds.ts'
import { overdueOf } from '../core/places.ts'
import { nudgeOf } from '../core/row/nudge.ts'
import type { TaskRow } from '../core/task/row.ts'
import { onDeath } from '../core/task/waking.ts'
import type { App } from './app.ts'
import { apply } from './apply.ts'
import { rejoin } from './gate/effects.ts'
import { repairsNow } from './moments.ts'
import type { Needs } from './needs.ts'
import { type Wake, wake } from './relay.ts'
import { guarded, NOTHING, type Swept } from './swept.ts'

/** What the sweep needs to know of the deployment. */
export type SweptApp = Pick<App, 'lanes' | 'retentionMs'>

/** Repairs a row; what goes wrong with it holds up no other. */
export const repairOne = (world: Needs<'sweep'>, app: SweptApp, row: Row): Promise<Swept> =>
  guarded(world, { tenant: row.tenant, [`${row.kind}Id`]: row.id }, async () => ({
    ...NOTHING,
    repaired: (await repair(world, app, row)) ? 1 : 0,
  }))

/** Wakes a row again if it should have woken and did not; answers whether it did. */
const repair = async (world: Needs<'sweep'>, app: SweptApp, row: Row): Promise<boolean> => {
  const due = overdueOf(row)
  const overdueMs = due === undefined ? -1 : world.clock.now() - due
  if (!repairsNow(overdueMs)) return false
  if (row.kind === 'task' && isInLine(row, world.clock.now())) {
    // It may stand there rightly for hours, so this is care and no repair.
    await rejoin(world, row)
    return false
  }
  if (row.kind === 'task' && !(row.lane in app.lanes)) await giveUpLane(world, app, row)
  else for (const effect of wakes(row)) await wake(world, effect as Wake)
  const { kind, tenant, id, version } = row
  const more = kind === 'task' ? { state: row.state, epoch: row.epoch } : {}
  world.log.warn('sweep.repaired', { tenant, [`${kind}Id`]: id, version, ...more, overdueMs })
  return true
}

/** Does it wait for its gate to call it, with its deadline still ahead? */
const isInLine = ({ blocked, dueAt }: TaskRow, now: Instant): boolean =>
  blocked !== undefined && (dueAt === undefined || dueAt > now)

/** No message can reach a row whose lane has left the deployment: it moves on as if its message had died there. */
const giveUpLane = async (world: Needs<'sweep'>, app: SweptApp, row: TaskRow): Promise<void> => {
  const { tenant, id, lane } = row
  const message = `lane ${lane} is not one of ${Object.keys(app.lanes).join(', ')}; deploy it again, or redrive the task when it is back`
  const said = { at: world.clock.now(), by: 'system:sweep' }
  await apply(world, { kind: 'task', tenant, id }, (now) =>
    onDeath(now, nudgeOf(row, 0), { code: 'UnknownLane', message, retriable: false }, said, app.retentionMs),
  )
}
