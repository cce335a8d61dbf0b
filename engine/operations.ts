import { defined } from '../core/defined.ts'
import { iso } from '../core/instant.ts'
import { CONTROL_LANE } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import type { NextPage } from '../core/operation/command.ts'
import { pageLeased } from '../core/operation/decide.ts'
import { type BulkOperation, type BulkResult, viaOperation } from '../core/operation/row.ts'
import { commandFor, isHandledBy, isSelected } from '../core/operation/selection.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { Place } from '../core/row/place.ts'
import { agendaRangeOf } from '../core/task/places.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { ControlApp } from './app.ts'
import { apply } from './apply.ts'
import { farTasksCheck } from './far-tasks.ts'
import type { Needs } from './needs.ts'
import { sideBySide } from './side-by-side.ts'

/**
 * Processes one page of a bulk operation: find the next tasks → write them on the operation as its current page, with a
 * lease → command each task → write the results. If the process dies in between, the lease ends and the next worker
 * commands the whole page again. A task that was commanded already has the operation's id on its row and stays as it is.
 *
 * @returns a refusal when nothing was to be done
 */
export const runOperation = async (world: Needs<'control'>, app: ControlApp, nudge: Nudge): Promise<Refusal | undefined> => {
  const key = { kind: 'operation', tenant: nudge.tenant, id: nudge.id } as const
  const row = await world.store.get(key)
  const refusal = staleNudge(row, nudge, world.clock.now())
  if (refusal) return refusal
  const { version, currentPage } = row as BulkOperation
  const { retentionMs } = app
  const found = currentPage ? {} : { found: await findNextPage(world, row as BulkOperation, retentionMs) }
  const at = world.clock.now()
  const until = at + CONTROL_LANE.leaseMs
  const taken = await apply(world, key, () => ({ name: 'takePage', at, by: ACTOR, version, ...found, until, retentionMs }), row)
  if (isRefusal(taken)) return taken
  const page = taken.after
  if (!page.currentPage) return undefined
  const results = await commandAll(world, app, page, page.currentPage)
  const stamp = { at: world.clock.now(), by: ACTOR }
  const done = await apply(
    world,
    key,
    () => ({ name: 'recordResults', ...stamp, page: page.pagesCount, results, retentionMs }),
    page,
  )
  return isRefusal(done) ? done : undefined
}

const ACTOR = 'system:operation'

const staleNudge = (row: BulkOperation | undefined, { id, epoch }: Nudge, now: number): Refusal | undefined => {
  if (!row) return refuse('unknown', `there is no operation ${id}`)
  const { state, currentPage } = row
  if (row.epoch !== epoch)
    return refuse('superseded', `operation ${id} has a newer wake-up than the one of epoch ${epoch}`, { state })
  if (state !== 'running') return refuse('finished', `operation ${id} has ${state} already`, { state })
  return currentPage && now < currentPage.until ? pageLeased(row, currentPage.until) : undefined
}

/**
 * Reads the tenant's agenda until a page is full or `LIMITS.operationScanCount` tasks have been examined. A dry run only
 * counts.
 */
export const findNextPage = async (
  { store, clock }: Pick<Needs<'control'>, 'store' | 'clock'>,
  operation: BulkOperation,
  retentionMs: number,
): Promise<NextPage> => {
  const { tenant, filter, dryRun, rate } = operation
  const maxCount = dryRun ? Number.POSITIVE_INFINITY : Math.min(LIMITS.operationPageCount, rate.count)
  // A set, because the eventually consistent index can list a moved task at two places.
  const selected = new Set<string>()
  let { place } = operation
  let examined = 0
  const nextPage = (isLast: boolean): NextPage => ({
    tasks: dryRun ? [] : [...selected],
    ...defined({ place }),
    examined,
    matched: selected.size,
    isLast,
  })
  while (examined < LIMITS.operationScanCount) {
    const places = await store.agenda({
      tenant,
      order: 'earliest',
      ...agendaRangeOf(filter),
      ...defined({ after: place }),
      limit: LIMITS.operationReadCount,
    })
    const rows = await rowsAt(store, tenant, places)
    for (const next of places) {
      if (selected.size === maxCount) return nextPage(false)
      const row = rows.get(next.id)
      if (row && isSelected(operation, row, clock.now(), retentionMs)) selected.add(row.id)
      place = next
      examined++
    }
    if (places.length < LIMITS.operationReadCount) return nextPage(true)
  }
  return nextPage(false)
}

const rowsAt = async (store: Needs<'control'>['store'], tenant: string, places: readonly Place[]) => {
  const ids = places.map(({ id }) => id)
  const rows = ids.length > 0 ? await store.getTasks(tenant, ids) : []
  return new Map(rows.map((row) => [row.id, row]))
}

type World = Needs<'control'>
type CurrentPage = NonNullable<BulkOperation['currentPage']>

/**
 * Commands each task of a page, up to `LIMITS.commandParallelCount` at once; returns the results in the order of the tasks.
 *
 * @throws the first fault, after all started commands have ended; the page is then processed again after its lease
 */
export const commandAll = (
  world: World,
  app: ControlApp,
  operation: BulkOperation,
  { tasks, until }: CurrentPage,
): Promise<readonly BulkResult[]> =>
  sideBySide(tasks, LIMITS.commandParallelCount, (task) => commandOne(world, app, operation, task, until))

/** @throws Error when the lease of the page has ended, because another worker can process the page from then on */
const commandOne = async (
  world: World,
  app: ControlApp,
  operation: BulkOperation,
  task: string,
  until: number,
): Promise<BulkResult> => {
  const { tenant, id } = operation
  let before: TaskRow | undefined
  const chooseCommand = (row: TaskRow | undefined) => {
    const at = world.clock.now()
    if (at >= until) throw new Error(`operation ${id}: the lease of the page ended at ${iso(until)}; the page is processed again`)
    if (!row) return refuse('unknown', `task ${task} no longer exists`)
    before = isHandledBy(row, id) ? row : undefined
    return before
      ? refuse('unchanged', `operation ${id} has handled task ${task} already`)
      : commandFor(operation, row, at, app.retentionMs)
  }
  const key = { kind: 'task', tenant, id: task } as const
  const done = await apply(world, key, chooseCommand, undefined, { check: farTasksCheck(world, app) })
  if (!isRefusal(done)) return { task, at: done.after.updatedAt, result: 'changed', state: done.after.state }
  return before ? earlierResult(before, id) : refusedResult(world, task, done)
}

/** The result of a command that a dead worker gave, read from the task's history. The history may have dropped that entry since. */
const earlierResult = ({ id: task, history, updatedAt, state }: TaskRow, operation: string): BulkResult => {
  const entry = history.findLast(({ by }) => by.endsWith(viaOperation(operation))) ?? { at: updatedAt, state }
  return { task, at: entry.at, result: 'changed', state: entry.state }
}

const refusedResult = ({ clock }: World, task: string, { message, state }: Refusal): BulkResult => ({
  task,
  at: clock.now(),
  result: 'refused',
  ...(state ? { state: state as TaskRow['state'] } : {}),
  detail: message.slice(0, LIMITS.reasonCount),
})
