import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { isToldBy, orderTo } from '../../core/operation/order.ts'
import { type OperationRow, type Told, via } from '../../core/operation/row.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { apply } from '../apply.ts'
import type { ControlApp } from '../control.ts'
import type { Needs } from '../needs.ts'
import { sideBySide } from '../side-by-side.ts'

type World = Needs<'control'>
type InHand = NonNullable<OperationRow['inHand']>

/**
 * Tells every task of a page, some side by side; answers what came of it, in their order.
 *
 * @throws the first fault, and only when no task is being told any more: the page stays in hand, and is told anew
 */
export const tellAll = (
  world: World,
  app: ControlApp,
  operation: OperationRow,
  { tasks, until }: InHand,
): Promise<readonly Told[]> => sideBySide(tasks, LIMITS.tellParallelCount, (task) => tell(world, app, operation, task, until))

/** @throws Error when the page is not this worker's any more: another tells it from now on */
const tell = async (world: World, app: ControlApp, operation: OperationRow, task: string, until: number): Promise<Told> => {
  const { tenant, id } = operation
  let before: TaskRow | undefined
  const done = await apply(world, { kind: 'task', tenant, id: task }, (row) => {
    const at = world.clock.now()
    if (at >= until) throw new Error(`operation ${id}: the page was in hand until ${iso(until)} only; it is told anew`)
    if (!row) return refuse('unknown', `there is no task ${task} any more`)
    before = isToldBy(row, id) ? row : undefined
    return before ? refuse('unchanged', `task ${task} has been told already`) : orderTo(operation, row, at, app.retentionMs)
  })
  if (!isRefusal(done)) return { task, at: done.after.updatedAt, result: 'touched', state: done.after.state }
  return before ? toldBefore(before, id) : refused(world, task, done)
}

/** What a worker that died had told it, from the task's own history; which may have been filled by other things meanwhile. */
const toldBefore = ({ id: task, history, updatedAt, state }: TaskRow, operation: string): Told => {
  const said = history.findLast(({ by }) => by.endsWith(via(operation))) ?? { at: updatedAt, state }
  return { task, at: said.at, result: 'touched', state: said.state }
}

const refused = ({ clock }: World, task: string, { message, state }: Refusal): Told => ({
  task,
  at: clock.now(),
  result: 'refused',
  ...(state ? { state: state as TaskRow['state'] } : {}),
  detail: message.slice(0, LIMITS.reasonCount),
})
