import { iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import type { OperationCommand } from './command.ts'
import type { OperationRow } from './row.ts'

/** The rule for operations: one page in hand at a time, counted once, and none after the last or an abort. */
export const decideOperation = (key: Key, row: OperationRow | undefined, command: OperationCommand): OperationRow | Refusal => {
  if (command.name === 'start') {
    return row ? refuse('exists', `operation ${row.id} exists already`, { state: row.state }) : begun(key, command)
  }
  if (!row) return refuse('unknown', `there is no operation ${key.id}`)
  if (row.state !== 'running')
    return refuse('finished', `operation ${row.id} has ended already: it has ${row.state}`, { state: row.state })
  switch (command.name) {
    case 'take':
      return take(row, command)
    case 'tell':
      return tell(row, command)
    case 'abort':
      return abort(row, command)
  }
}

type Of<Name extends OperationCommand['name']> = Extract<OperationCommand, { name: Name }>

const begun = ({ tenant, id }: Key, { at, by, order, environmentId, requestDigest }: Of<'start'>): OperationRow => ({
  kind: 'operation',
  tenant,
  id,
  ...order,
  state: 'running',
  version: 1,
  epoch: 1,
  startedAt: at,
  by,
  updatedAt: at,
  examinedCount: 0,
  matchedCount: 0,
  touchedCount: 0,
  refusedCount: 0,
  pagesCount: 0,
  dueAt: at,
  ...(environmentId ? { environmentId } : {}),
  ...(requestDigest ? { requestDigest } : {}),
})

/**
 * The wake-up stays as it is while a page is in hand: should its worker die, the same message brings the next one. That one
 * need not know the row as it is, because the page is on it; an abort meanwhile must not cost it its only message.
 */
const take = (row: OperationRow, { at, version, found, until, retentionMs }: Of<'take'>): OperationRow | Refusal => {
  const { inHand } = row
  if (inHand) return at < inHand.until ? heldBy(row, inHand.until) : next(row, at, { inHand: { ...inHand, until } })
  if (version !== row.version)
    return refuse('superseded', `operation ${row.id} is at version ${row.version}, not at ${version}`, { state: row.state })
  if (!found) return refuse('superseded', `no worker has left a page of operation ${row.id}`, { state: row.state })
  const { tasks, place, examined, matched, isLast } = found
  // What the page before came to has been listed from the write that said so.
  const { told: _, ...rest } = row
  const looked = {
    ...(place ? { place } : {}),
    examinedCount: row.examinedCount + examined,
    matchedCount: row.matchedCount + matched,
  }
  if (tasks.length > 0) return next(rest, at, { ...looked, inHand: { tasks, until, isLast } })
  return isLast ? ended(rest, at, looked, retentionMs) : woken(rest, at, looked, at)
}

const tell = (row: OperationRow, { at, page, told, retentionMs }: Of<'tell'>): OperationRow | Refusal => {
  const { inHand, ...rest } = row
  if (!inHand || page !== row.pagesCount)
    return refuse('fenced', `page ${page} of operation ${row.id} has been told by another worker`, { state: row.state })
  const touched = told.filter(({ result }) => result === 'touched').length
  const counted = {
    pagesCount: page + 1,
    told,
    touchedCount: row.touchedCount + touched,
    refusedCount: row.refusedCount + told.length - touched,
  }
  if (inHand.isLast || row.abort) return ended(rest, at, counted, retentionMs)
  // Counted from when the page was due, as long as it was taken in hand soon after: the time that its message took, and that it
  // took to tell, are part of what the rate allows.
  const from = Math.max(row.dueAt ?? row.updatedAt, row.updatedAt - LIMITS.operationLateMs)
  const paced = from + Math.ceil((told.length * row.rate.periodMs) / row.rate.count)
  return woken(rest, at, counted, Math.max(at, paced))
}

/** A page in hand is told to its end: nobody could say which of its tasks have been. */
const abort = (row: OperationRow, { at, by, reason, retentionMs }: Of<'abort'>): OperationRow | Refusal => {
  if (row.abort) return refuse('unchanged', `operation ${row.id} is being aborted for ${row.abort.by} already`)
  const aborted = { abort: { at, by, ...(reason ? { reason } : {}) } }
  return row.inHand ? next(row, at, aborted) : ended({ ...row, ...aborted }, at, {}, retentionMs)
}

/** The no that the second of two workers gets. */
export const heldBy = (row: Pick<OperationRow, 'id' | 'state'>, until: number): Refusal =>
  refuse('leased', `a worker has a page of operation ${row.id} in hand until ${iso(until)}`, { state: row.state, retryAt: until })

type Change = Partial<OperationRow>

const next = (row: OperationRow, at: number, change: Change): OperationRow => ({
  ...row,
  ...change,
  version: row.version + 1,
  updatedAt: at,
})

const woken = (row: OperationRow, at: number, change: Change, dueAt: number): OperationRow => ({
  ...next(row, at, change),
  epoch: row.version + 1,
  dueAt,
})

const ended = (row: OperationRow, at: number, change: Change, retentionMs: number): OperationRow => {
  const { dueAt: _, ...rest } = next(row, at, change)
  return { ...rest, state: row.abort ? 'aborted' : 'succeeded', endedAt: at, forgetAt: at + retentionMs }
}
