import { defined } from '../../defined.ts'
import { type Control, effectiveLimits, type GateRef, gateKey, rateAllowsAt } from '../../gate/row.ts'
import { type Instant, iso } from '../../instant.ts'
import type { Json } from '../../row/json.ts'
import { taskRef } from '../gating.ts'
import type { TaskRow } from '../row.ts'
import type { GateView, Reason, WaitlistView } from './reason.ts'

/**
 * Why a gate does not let a task in; undefined when it does, or has. Before its time only a pause is worth a word:
 * who will be inside by then, nobody knows.
 */
export const gateReason = (row: TaskRow, sight: GateView, now: Instant): Reason | undefined => {
  const { requirement } = sight
  const isBlocked = row.blocked === requirement.ref
  if (!isBlocked && row.gates?.includes(requirement.ref)) return undefined
  const limits = effectiveLimits(requirement)
  if (limits.paused) return paused(row, sight, limits.paused)
  if (!isBlocked && row.dueAt !== undefined && row.dueAt > now) return undefined
  return full(row, sight, limits) ?? exhausted(row, sight, limits, now) ?? (isBlocked ? admitting(row, sight) : queue(row, sight))
}

const about = (row: TaskRow, { requirement }: GateView): Readonly<Record<string, Json>> => {
  const { tenant, id } = gateKey(requirement.ref)
  return { gate: id, ...(tenant === row.tenant ? {} : { across: 'all' }) }
}

const paused = (row: TaskRow, sight: GateView, { at, by, reason }: NonNullable<Control['paused']>): Reason => ({
  code: 'paused',
  message: `${gateWords(sight.requirement.ref, row.tenant)} has been paused by ${by} since ${iso(at)}${reason ? `: ${reason}` : ''}`,
  since: at,
  data: { ...about(row, sight), by, ...(reason ? { reason } : {}), ...standing(row, sight.waitlist) },
})

const full = (row: TaskRow, sight: GateView, { limit }: Control): Reason | undefined => {
  const inside = (sight.row?.holders ?? []).map(({ task }) => task).filter((task) => task !== taskRef(row))
  if (limit === undefined || inside.length < limit) return undefined
  const places = limit === 1 ? 'the one place' : `all ${limit} places`
  const where = `${places} of ${gateWords(sight.requirement.ref, row.tenant)} ${limit === 1 ? 'is' : 'are'} taken`
  return {
    code: 'gateBusy',
    message: `${where}, by ${named(row, inside)}${inLine(row, sight.waitlist)}`,
    ...waitingSince(row, sight),
    data: { ...about(row, sight), limit, holders: own(row, inside), ...standing(row, sight.waitlist) },
  }
}

const exhausted = (row: TaskRow, sight: GateView, { rate }: Control, now: Instant): Reason | undefined => {
  const until = rateAllowsAt(sight.row ?? {}, rate)
  if (!rate || until <= now) return undefined
  const where = gateWords(sight.requirement.ref, row.tenant)
  return {
    code: 'rateLimited',
    message: `${where} lets ${rate.count} start in ${rate.periodMs / 1_000} s, and the next one at ${iso(until)}${inLine(row, sight.waitlist)}`,
    ...waitingSince(row, sight),
    until,
    data: { ...about(row, sight), ...standing(row, sight.waitlist) },
  }
}

const admitting = (row: TaskRow, sight: GateView): Reason => ({
  code: 'admitting',
  message: isInside(row, sight)
    ? `${gateWords(sight.requirement.ref, row.tenant)} has called it, and it is about to start`
    : `${gateWords(sight.requirement.ref, row.tenant)} has room and is about to call the next${inLine(row, sight.waitlist)}`,
  ...waitingSince(row, sight),
  data: { ...about(row, sight), ...standing(row, sight.waitlist) },
})

const queue = (row: TaskRow, sight: GateView): Reason | undefined =>
  sight.row?.waitlist && {
    code: 'gateBusy',
    message: `others stand in the line of ${gateWords(sight.requirement.ref, row.tenant)}, and it will stand there as well`,
    data: about(row, sight),
  }

const isInside = (row: TaskRow, { row: gate }: GateView): boolean =>
  gate?.holders.some(({ task }) => task === taskRef(row)) === true

const waitingSince = ({ blocked, queuedAt }: TaskRow, { requirement }: GateView) =>
  blocked === requirement.ref && queuedAt !== undefined ? { since: queuedAt } : {}

/** So many are named; of the others there is a count. */
const NAMED = 5

/** The ids of those that belong to the same tenant: of others, no tenant hears more than how many there are. */
const own = (row: TaskRow, tasks: readonly string[]): string[] => {
  const prefix = `${row.tenant}/`
  return tasks.filter((task) => task.startsWith(prefix)).map((task) => task.slice(prefix.length))
}

const named = (row: TaskRow, tasks: readonly string[]): string => {
  const ids = own(row, tasks).slice(0, NAMED)
  const others = tasks.length - ids.length
  const rest = others === 0 ? [] : [ids.length === 0 ? `${others} of other tenants` : `${others} more`]
  return [...ids, ...rest].join(', ')
}

const inLine = (row: TaskRow, line: WaitlistView | undefined): string => {
  if (!line) return ''
  const { before, position, waitingCount, isLonger } = line
  if (position === undefined) return isLonger ? `; more than ${waitingCount} wait before it` : '; it is about to join the line'
  const of = `${isLonger ? 'more than ' : ''}${waitingCount}`
  return `; it is at position ${position} of ${of}${before.length > 0 ? `, behind ${named(row, before)}` : ''}`
}

const standing = (row: TaskRow, line: WaitlistView | undefined): Readonly<Record<string, Json>> => {
  if (!line) return {}
  const { before, position, waitingCount, isLonger } = line
  return {
    ...defined({ position }),
    waiting: waitingCount,
    ...(isLonger ? { waitingMore: true } : {}),
    behind: own(row, before).slice(0, NAMED),
  }
}

/**
 * A gate in words, for a task of this tenant: what it lets through, and of whom.
 *
 * @example gateWords('acme/type.copy', 'acme') // 'task type copy'
 * @example gateWords('carillon/lane.low', 'acme') // 'lane low (of all tenants)'
 */
export const gateWords = (gate: GateRef, tenant: string): string => {
  const { tenant: owner, id } = gateKey(gate)
  const whole = owner === tenant ? `tenant ${tenant}` : 'everything'
  const what = id === 'tenant' ? whole : KINDS.reduce((name, [prefix, words]) => name.replace(prefix, words), id)
  return owner === tenant ? what : `${what} (of all tenants)`
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^key\./, 'gate '],
  [/^type\./, 'task type '],
  [/^lane\./, 'lane '],
]
