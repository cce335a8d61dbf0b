import { defined } from '../defined.ts'
import { iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import type { OperationCommand } from './command.ts'
import type { BulkOperation } from './row.ts'

/** The rule for operations: one page in hand at a time, counted once, and none after the last or an abort. */
export const decideOperation = (key: Key, row: BulkOperation | undefined, command: OperationCommand): BulkOperation | Refusal => {
  if (command.name === 'start') {
    return row ? refuse('exists', `operation ${row.id} exists already`, { state: row.state }) : newOperation(key, command)
  }
  if (!row) return refuse('unknown', `there is no operation ${key.id}`)
  if (row.state !== 'running')
    return refuse('finished', `operation ${row.id} has ended already: it has ${row.state}`, { state: row.state })
  switch (command.name) {
    case 'takePage':
      return takePage(row, command)
    case 'recordResults':
      return recordResults(row, command)
    case 'abort':
      return abort(row, command)
  }
}

type Of<Name extends OperationCommand['name']> = Extract<OperationCommand, { name: Name }>

const newOperation = ({ tenant, id }: Key, { at, by, request, environmentId, requestDigest }: Of<'start'>): BulkOperation => ({
  kind: 'operation',
  tenant,
  id,
  ...request,
  state: 'running',
  version: 1,
  epoch: 1,
  startedAt: at,
  by,
  updatedAt: at,
  examinedCount: 0,
  matchedCount: 0,
  changedCount: 0,
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
const takePage = (row: BulkOperation, { at, version, found, until, retentionMs }: Of<'takePage'>): BulkOperation | Refusal => {
  const { currentPage } = row
  if (currentPage)
    return at < currentPage.until ? pageLeased(row, currentPage.until) : next(row, at, { currentPage: { ...currentPage, until } })
  if (version !== row.version)
    return refuse('superseded', `operation ${row.id} is at version ${row.version}, not at ${version}`, { state: row.state })
  if (!found) return refuse('superseded', `no worker has left a page of operation ${row.id}`, { state: row.state })
  const { tasks, place, examined, matched, isLast } = found
  // What the page before came to has been listed from the write that said so.
  const { results: _, ...rest } = row
  const progress = {
    ...defined({ place }),
    examinedCount: row.examinedCount + examined,
    matchedCount: row.matchedCount + matched,
  }
  if (tasks.length > 0) return next(rest, at, { ...progress, currentPage: { tasks, until, isLast } })
  return isLast ? ended(rest, at, progress, retentionMs) : withWakeup(rest, at, progress, at)
}

const recordResults = (row: BulkOperation, { at, page, results, retentionMs }: Of<'recordResults'>): BulkOperation | Refusal => {
  const { currentPage, ...rest } = row
  if (!currentPage || page !== row.pagesCount)
    return refuse('fenced', `page ${page} of operation ${row.id} has been told by another worker`, { state: row.state })
  const changed = results.filter(({ result }) => result === 'changed').length
  const counted = {
    pagesCount: page + 1,
    results,
    changedCount: row.changedCount + changed,
    refusedCount: row.refusedCount + results.length - changed,
  }
  if (currentPage.isLast || row.abort) return ended(rest, at, counted, retentionMs)
  // Counted from when the page was due, as long as it was taken in hand soon after: the time that its message took, and that it
  // took to tell, are part of what the rate allows.
  const dueFrom = Math.max(row.dueAt ?? row.updatedAt, row.updatedAt - LIMITS.operationLateMs)
  const paced = dueFrom + Math.ceil((results.length * row.rate.periodMs) / row.rate.count)
  return withWakeup(rest, at, counted, Math.max(at, paced))
}

/** A page in hand is told to its end: nobody could say which of its tasks have been. */
const abort = (row: BulkOperation, { at, by, reason, retentionMs }: Of<'abort'>): BulkOperation | Refusal => {
  if (row.abort) return refuse('unchanged', `operation ${row.id} is being aborted for ${row.abort.by} already`)
  const aborted = { abort: { at, by, ...(reason ? { reason } : {}) } }
  return row.currentPage ? next(row, at, aborted) : ended({ ...row, ...aborted }, at, {}, retentionMs)
}

/** The no that the second of two workers gets. */
export const pageLeased = (row: Pick<BulkOperation, 'id' | 'state'>, until: number): Refusal =>
  refuse('leased', `a worker has a page of operation ${row.id} in hand until ${iso(until)}`, { state: row.state, retryAt: until })

type Change = Partial<BulkOperation>

const next = (row: BulkOperation, at: number, change: Change): BulkOperation => ({
  ...row,
  ...change,
  version: row.version + 1,
  updatedAt: at,
})

const withWakeup = (row: BulkOperation, at: number, change: Change, dueAt: number): BulkOperation => ({
  ...next(row, at, change),
  epoch: row.version + 1,
  dueAt,
})

const ended = (row: BulkOperation, at: number, change: Change, retentionMs: number): BulkOperation => {
  const { dueAt: _, ...rest } = next(row, at, change)
  return { ...rest, state: row.abort ? 'aborted' : 'succeeded', endedAt: at, forgetAt: at + retentionMs }
}
