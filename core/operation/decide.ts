import { defined } from '../defined.ts'
import { iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import type { OperationCommand } from './command.ts'
import type { BulkOperation } from './row.ts'

/** The commands of a bulk operation: one page at a time, each counted once, and no page after the last one or an abort. */
export const decideOperation = (key: Key, row: BulkOperation | undefined, command: OperationCommand): BulkOperation | Refusal => {
  if (command.name === 'start') {
    return row ? refuse('exists', `operation ${row.id} exists already`, { state: row.state }) : newOperation(key, command)
  }
  if (!row) return refuse('unknown', `operation ${key.id} does not exist`)
  if (row.state !== 'running')
    return refuse('finished', `operation ${row.id} has ended already; its state is ${row.state}`, { state: row.state })
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
 * The wake-up does not change while a worker leases a page: if the worker is lost, SQS redelivers the same message to the next
 * one. That worker needs no current version, because the page is on the row: an abort meanwhile must not invalidate the only
 * message.
 */
const takePage = (row: BulkOperation, { at, version, found, until, retentionMs }: Of<'takePage'>): BulkOperation | Refusal => {
  const { currentPage } = row
  if (currentPage)
    return at < currentPage.until ? pageLeased(row, currentPage.until) : next(row, at, { currentPage: { ...currentPage, until } })
  if (version !== row.version)
    return refuse('superseded', `operation ${row.id} is at version ${row.version}, not at ${version}`, { state: row.state })
  if (!found) return refuse('superseded', `operation ${row.id} has no page of a lost worker`, { state: row.state })
  const { tasks, place, examined, matched, isLast } = found
  // The relay has listed the results of the last page from the change that wrote them.
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
    return refuse('fenced', `another worker has recorded page ${page} of operation ${row.id}`, { state: row.state })
  const changed = results.filter(({ result }) => result === 'changed').length
  const counted = {
    pagesCount: page + 1,
    results,
    changedCount: row.changedCount + changed,
    refusedCount: row.refusedCount + results.length - changed,
  }
  if (currentPage.isLast || row.abort) return ended(rest, at, counted, retentionMs)
  // The rate counts from the time when the page was due, unless it started late: the delay of its message and the time of its
  // commands are part of the period.
  const dueFrom = Math.max(row.dueAt ?? row.updatedAt, row.updatedAt - LIMITS.operationLateMs)
  const paced = dueFrom + Math.ceil((results.length * row.rate.periodMs) / row.rate.count)
  return withWakeup(rest, at, counted, Math.max(at, paced))
}

/** The current page is completed first, because the row does not record which of its tasks got the command. */
const abort = (row: BulkOperation, { at, by, reason, retentionMs }: Of<'abort'>): BulkOperation | Refusal => {
  if (row.abort)
    return refuse('unchanged', `${row.abort.by} has aborted operation ${row.id} already; its current page is being completed`)
  const aborted = { abort: { at, by, ...(reason ? { reason } : {}) } }
  return row.currentPage ? next(row, at, aborted) : ended({ ...row, ...aborted }, at, {}, retentionMs)
}

/** The refusal for a second worker while the first one leases the page. */
export const pageLeased = (row: Pick<BulkOperation, 'id' | 'state'>, until: number): Refusal =>
  refuse('leased', `a worker leases the current page of operation ${row.id} until ${iso(until)}`, {
    state: row.state,
    retryAt: until,
  })

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
