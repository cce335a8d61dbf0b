import { defined } from '../../defined.ts'
import { type Control, effectiveLimits, type GateRef, gateKey, rateAllowsAt } from '../../gate/row.ts'
import { type Instant, iso } from '../../instant.ts'
import type { Json } from '../../row/json.ts'
import { taskRef } from '../gating.ts'
import type { TaskRow } from '../row.ts'
import type { GateView, Reason, WaitlistView } from './reason.ts'

/**
 * The reason why a gate does not admit a task; undefined when it does, or when the task has a place. Before the task is due
 * only a pause is a reason, because the holders at that time are not known.
 */
export const gateReason = (row: TaskRow, view: GateView, now: Instant): Reason | undefined => {
  const { requirement } = view
  const isBlocked = row.blocked === requirement.ref
  if (!isBlocked && row.gates?.includes(requirement.ref)) return undefined
  const limits = effectiveLimits(requirement)
  if (limits.paused) return paused(row, view, limits.paused)
  if (!isBlocked && row.dueAt !== undefined && row.dueAt > now) return undefined
  return full(row, view, limits) ?? exhausted(row, view, limits, now) ?? (isBlocked ? admitting(row, view) : queued(row, view))
}

const gateData = (row: TaskRow, { requirement }: GateView): Readonly<Record<string, Json>> => {
  const { tenant, id } = gateKey(requirement.ref)
  return { gate: id, ...(tenant === row.tenant ? {} : { across: 'all' }) }
}

const paused = (row: TaskRow, view: GateView, { at, by, reason }: NonNullable<Control['paused']>): Reason => ({
  code: 'paused',
  message: `${gateWords(view.requirement.ref, row.tenant)} has been paused by ${by} since ${iso(at)}${reason ? `: ${reason}` : ''}`,
  since: at,
  data: { ...gateData(row, view), by, ...(reason ? { reason } : {}), ...waitlistData(row, view.waitlist) },
})

const full = (row: TaskRow, view: GateView, { limit }: Control): Reason | undefined => {
  const holders = (view.row?.holders ?? []).map(({ task }) => task).filter((task) => task !== taskRef(row))
  if (limit === undefined || holders.length < limit) return undefined
  const places = limit === 1 ? 'the only place' : `all ${limit} places`
  const where = `${places} of ${gateWords(view.requirement.ref, row.tenant)} ${limit === 1 ? 'is' : 'are'} taken`
  return {
    code: 'gateBusy',
    message: `${where} by ${taskList(row, holders)}${waitlistText(row, view.waitlist)}`,
    ...waitingSince(row, view),
    data: { ...gateData(row, view), limit, holders: ownTaskIds(row, holders), ...waitlistData(row, view.waitlist) },
  }
}

const exhausted = (row: TaskRow, view: GateView, { rate }: Control, now: Instant): Reason | undefined => {
  const until = rateAllowsAt(view.row ?? {}, rate)
  if (!rate || until <= now) return undefined
  const where = gateWords(view.requirement.ref, row.tenant)
  return {
    code: 'rateLimited',
    message: `${where} allows ${rate.count} ${rate.count === 1 ? 'start' : 'starts'} in ${rate.periodMs / 1_000} s; the next start is possible at ${iso(until)}${waitlistText(row, view.waitlist)}`,
    ...waitingSince(row, view),
    until,
    data: { ...gateData(row, view), ...waitlistData(row, view.waitlist) },
  }
}

const admitting = (row: TaskRow, view: GateView): Reason => ({
  code: 'admitting',
  message: hasReservedPlace(row, view)
    ? `${gateWords(view.requirement.ref, row.tenant)} has reserved a place for the task, and the task is about to start`
    : `${gateWords(view.requirement.ref, row.tenant)} has a free place and is about to admit the next task${waitlistText(row, view.waitlist)}`,
  ...waitingSince(row, view),
  data: { ...gateData(row, view), ...waitlistData(row, view.waitlist) },
})

const queued = (row: TaskRow, view: GateView): Reason | undefined =>
  view.row?.waitlist && {
    code: 'gateBusy',
    message: `other tasks are on the waitlist of ${gateWords(view.requirement.ref, row.tenant)}, and the task will join it`,
    data: gateData(row, view),
  }

const hasReservedPlace = (row: TaskRow, { row: gate }: GateView): boolean =>
  gate?.holders.some(({ task }) => task === taskRef(row)) === true

const waitingSince = ({ blocked, queuedAt }: TaskRow, { requirement }: GateView) =>
  blocked === requirement.ref && queuedAt !== undefined ? { since: queuedAt } : {}

/** The number of tasks that a message lists by id; the other tasks are only counted. */
const LISTED_COUNT = 5

/** The ids of the tasks of the same tenant. Of other tenants' tasks, a tenant may see only the number. */
const ownTaskIds = (row: TaskRow, tasks: readonly string[]): string[] => {
  const prefix = `${row.tenant}/`
  return tasks.filter((task) => task.startsWith(prefix)).map((task) => task.slice(prefix.length))
}

const taskList = (row: TaskRow, tasks: readonly string[]): string => {
  const ids = ownTaskIds(row, tasks).slice(0, LISTED_COUNT)
  const others = tasks.length - ids.length
  const rest =
    others === 0 ? [] : [ids.length === 0 ? `${others} ${others === 1 ? 'task' : 'tasks'} of other tenants` : `${others} more`]
  return [...ids, ...rest].join(', ')
}

const waitlistText = (row: TaskRow, waitlist: WaitlistView | undefined): string => {
  if (!waitlist) return ''
  const { before, position, waitingCount, isLonger } = waitlist
  if (position === undefined)
    return isLonger ? `; more than ${waitingCount} tasks are ahead on the waitlist` : '; the task is about to join the waitlist'
  const of = `${isLonger ? 'more than ' : ''}${waitingCount}`
  return `; the task is at position ${position} of ${of} on the waitlist${before.length > 0 ? `, behind ${taskList(row, before)}` : ''}`
}

const waitlistData = (row: TaskRow, waitlist: WaitlistView | undefined): Readonly<Record<string, Json>> => {
  if (!waitlist) return {}
  const { before, position, waitingCount, isLonger } = waitlist
  return {
    ...defined({ position }),
    waiting: waitingCount,
    ...(isLonger ? { waitingMore: true } : {}),
    behind: ownTaskIds(row, before).slice(0, LISTED_COUNT),
  }
}

/**
 * A gate as text, for a task of this tenant.
 *
 * @example gateWords('acme/type.copy', 'acme') // 'task type copy'
 * @example gateWords('carillon/lane.low', 'acme') // 'lane low (of all tenants)'
 */
export const gateWords = (gate: GateRef, tenant: string): string => {
  const { tenant: owner, id } = gateKey(gate)
  const whole = owner === tenant ? `tenant ${tenant}` : 'the deployment'
  const what = id === 'tenant' ? whole : KINDS.reduce((name, [prefix, words]) => name.replace(prefix, words), id)
  return owner === tenant ? what : `${what} (of all tenants)`
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^key\./, 'gate '],
  [/^type\./, 'task type '],
  [/^lane\./, 'lane '],
]
