import { defined } from '../core/defined.ts'
import { iso } from '../core/instant.ts'
import { CONTROL_LANE } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import type { NextPage } from '../core/operation/command.ts'
import { pageLeased } from '../core/operation/decide.ts'
import { commandFor, isHandledBy, isSelected } from '../core/operation/order.ts'
import { type BulkOperation, type BulkResult, viaOperation } from '../core/operation/row.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { Place } from '../core/row/place.ts'
import { spanOf } from '../core/task/filter.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { ControlApp } from './app.ts'
import { apply } from './apply.ts'
import type { Needs } from './needs.ts'
import { sideBySide } from './side-by-side.ts'

/**
 * Goes on with an operation by one page: looks what lies ahead, takes it in hand, tells every task of it, and writes what
 * came of that. If this process dies in between, the page is in hand until its time is over, and then told again from its
 * beginning; a task that has been told knows it.
 *
 * @returns why there was nothing to do
 */
export const runOperation = async (world: Needs<'control'>, app: ControlApp, nudge: Nudge): Promise<Refusal | undefined> => {
  const key = { kind: 'operation', tenant: nudge.tenant, id: nudge.id } as const
  const row = await world.store.get(key)
  const no = staleNudge(row, nudge, world.clock.now())
  if (no) return no
  const { version, currentPage } = row as BulkOperation
  const { retentionMs } = app
  const found = currentPage ? {} : { found: await findNextPage(world, row as BulkOperation, retentionMs) }
  const at = world.clock.now()
  const until = at + CONTROL_LANE.leaseMs
  const taken = await apply(world, key, () => ({ name: 'takePage', at, by: BY, version, ...found, until, retentionMs }), row)
  if (isRefusal(taken)) return taken
  const page = taken.after
  if (!page.currentPage) return undefined
  const results = await commandAll(world, app, page, page.currentPage)
  const said = { at: world.clock.now(), by: BY }
  const done = await apply(
    world,
    key,
    () => ({ name: 'recordResults', ...said, page: page.pagesCount, results, retentionMs }),
    page,
  )
  return isRefusal(done) ? done : undefined
}

const BY = 'system:operation'

const staleNudge = (row: BulkOperation | undefined, { id, epoch }: Nudge, now: number): Refusal | undefined => {
  if (!row) return refuse('unknown', `there is no operation ${id}`)
  const { state, currentPage } = row
  if (row.epoch !== epoch)
    return refuse('superseded', `operation ${id} has another wake-up than that of epoch ${epoch}`, { state })
  if (state !== 'running') return refuse('finished', `operation ${id} has ${state} already`, { state })
  return currentPage && now < currentPage.until ? pageLeased(row, currentPage.until) : undefined
}

/**
 * Walks on along the agenda until there are tasks enough for a page, or enough has been looked at for one wake-up. A dry
 * run only counts.
 */
export const findNextPage = async (
  { store, clock }: Pick<Needs<'control'>, 'store' | 'clock'>,
  operation: BulkOperation,
  retentionMs: number,
): Promise<NextPage> => {
  const { tenant, filter, dryRun, rate } = operation
  const most = dryRun ? Number.POSITIVE_INFINITY : Math.min(LIMITS.operationPageCount, rate.count)
  // A set, because the index may still show a task at its former place as well.
  const meant = new Set<string>()
  let { place } = operation
  let examined = 0
  const found = (isLast: boolean): NextPage => ({
    tasks: dryRun ? [] : [...meant],
    ...defined({ place }),
    examined,
    matched: meant.size,
    isLast,
  })
  while (examined < LIMITS.operationScanCount) {
    const places = await store.agenda({
      tenant,
      order: 'earliest',
      ...spanOf(filter),
      ...defined({ after: place }),
      limit: LIMITS.operationReadCount,
    })
    const rows = await rowsAt(store, tenant, places)
    for (const next of places) {
      if (meant.size === most) return found(false)
      const row = rows.get(next.id)
      if (row && isSelected(operation, row, clock.now(), retentionMs)) meant.add(row.id)
      place = next
      examined++
    }
    if (places.length < LIMITS.operationReadCount) return found(true)
  }
  return found(false)
}

const rowsAt = async (store: Needs<'control'>['store'], tenant: string, places: readonly Place[]) => {
  const ids = places.map(({ id }) => id)
  const rows = ids.length > 0 ? await store.getTasks(tenant, ids) : []
  return new Map(rows.map((row) => [row.id, row]))
}

type World = Needs<'control'>
type CurrentPage = NonNullable<BulkOperation['currentPage']>

/**
 * Tells every task of a page, some side by side; answers what came of it, in their order.
 *
 * @throws the first fault, and only when no task is being told any more: the page stays in hand, and is told anew
 */
export const commandAll = (
  world: World,
  app: ControlApp,
  operation: BulkOperation,
  { tasks, until }: CurrentPage,
): Promise<readonly BulkResult[]> =>
  sideBySide(tasks, LIMITS.commandParallelCount, (task) => commandOne(world, app, operation, task, until))

/** @throws Error when the page is not this worker's any more: another tells it from now on */
const commandOne = async (
  world: World,
  app: ControlApp,
  operation: BulkOperation,
  task: string,
  until: number,
): Promise<BulkResult> => {
  const { tenant, id } = operation
  let before: TaskRow | undefined
  const done = await apply(world, { kind: 'task', tenant, id: task }, (row) => {
    const at = world.clock.now()
    if (at >= until) throw new Error(`operation ${id}: the page was in hand until ${iso(until)} only; it is told anew`)
    if (!row) return refuse('unknown', `there is no task ${task} any more`)
    before = isHandledBy(row, id) ? row : undefined
    return before ? refuse('unchanged', `task ${task} has been told already`) : commandFor(operation, row, at, app.retentionMs)
  })
  if (!isRefusal(done)) return { task, at: done.after.updatedAt, result: 'changed', state: done.after.state }
  return before ? earlierResult(before, id) : refused(world, task, done)
}

/** What a worker that died had told it, from the task's own history; which may have been filled by other things meanwhile. */
const earlierResult = ({ id: task, history, updatedAt, state }: TaskRow, operation: string): BulkResult => {
  const said = history.findLast(({ by }) => by.endsWith(viaOperation(operation))) ?? { at: updatedAt, state }
  return { task, at: said.at, result: 'changed', state: said.state }
}

const refused = ({ clock }: World, task: string, { message, state }: Refusal): BulkResult => ({
  task,
  at: clock.now(),
  result: 'refused',
  ...(state ? { state: state as TaskRow['state'] } : {}),
  detail: message.slice(0, LIMITS.reasonCount),
})
