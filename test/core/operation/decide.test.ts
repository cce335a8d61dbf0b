import { describe, expect, test } from 'vitest'
import type { NextPage, OperationCommand } from '../../../core/operation/command.ts'
import type { BulkOperation, BulkResult } from '../../../core/operation/row.ts'
import { AT, becomes, refusalOf, start } from './rows.ts'

const retentionMs = 86_400_000
const by = 'system:operation'
const found = (tasks: readonly string[], more: Partial<NextPage> = {}): NextPage => ({
  tasks,
  place: { at: 5, id: 'z' },
  examined: 10,
  matched: tasks.length,
  isLast: false,
  ...more,
})
const take = (row: BulkOperation, at: number, page?: NextPage): OperationCommand => ({
  name: 'takePage',
  at,
  by,
  version: row.version,
  until: at + 70_000,
  retentionMs,
  ...(page ? { found: page } : {}),
})
const changed = (task: string): BulkResult => ({ task, at: AT, result: 'changed', state: 'cancelled' })
const refused = (task: string): BulkResult => ({ task, at: AT, result: 'refused', detail: 'it is running' })
const record = (row: BulkOperation, at: number, results: readonly BulkResult[]): OperationCommand => ({
  name: 'recordResults',
  at,
  by,
  page: row.pagesCount,
  results,
  retentionMs,
})
const abort = (at: number): OperationCommand => ({ name: 'abort', at, by: 'user:bob', reason: 'wrong filter', retentionMs })

const started = becomes(undefined, start())
const leased = becomes(started, take(started, AT, found(['a', 'b', 'c'])))

describe('a bulk operation', () => {
  test('starts in state running, due at once, with all counts at zero', () => {
    expect(started).toMatchObject({
      state: 'running',
      version: 1,
      epoch: 1,
      dueAt: AT,
      by: 'user:alice',
      pagesCount: 0,
      examinedCount: 0,
    })
    expect(refusalOf(started, start())).toMatchObject({ refused: 'exists' })
  })

  test('writes the tasks of a page before it commands them, and keeps its wake-up meanwhile', () => {
    expect(leased).toMatchObject({
      epoch: 1,
      dueAt: AT,
      examinedCount: 10,
      matchedCount: 3,
      changedCount: 0,
      place: { at: 5, id: 'z' },
    })
    expect(leased.currentPage).toEqual({ tasks: ['a', 'b', 'c'], until: AT + 70_000, isLast: false })
  })

  test('counts a page when all its results are recorded, and is due again when its rate allows', () => {
    const recorded = becomes(leased, record(leased, AT + 500, [changed('a'), refused('b'), changed('c')]))
    expect(recorded).toMatchObject({ state: 'running', changedCount: 2, refusedCount: 1, pagesCount: 1 })
    // Three tasks at sixty a minute take three seconds, and the half second of the commands is part of them.
    expect([recorded.dueAt, recorded.epoch, recorded.currentPage]).toEqual([AT + 3_000, recorded.version, undefined])
  })

  test.each([
    ['a message that is slightly late does not delay the next page', 1_200, AT + 3_000],
    ['a message that is very late makes up for two seconds at most', 3_600_000, AT + 3_600_000 + 1_000],
  ])('keeps its pace: %s', (_, lateMs, dueAt) => {
    const late = becomes(started, take(started, AT + lateMs, found(['a', 'b', 'c'])))
    expect(becomes(late, record(late, AT + lateMs + 100, [changed('a'), changed('b'), changed('c')])).dueAt).toBe(dueAt)
  })

  test('is due at once when a page took longer than its rate requires', () => {
    const recorded = becomes(leased, record(leased, AT + 4_000, [changed('a'), changed('b'), changed('c')]))
    expect(recorded.dueAt).toBe(AT + 4_000)
  })

  test('is due at once after a page without selected tasks, however slow its rate', () => {
    const passed = becomes(started, take(started, AT + 9, found([])))
    expect(passed).toMatchObject({ dueAt: AT + 9, epoch: 2, examinedCount: 10, pagesCount: 0 })
  })

  test.each([
    ['after the last page', () => becomes(lastLeased(), record(lastLeased(), AT + 1, [changed('a')]))],
    ['when the agenda has no further task', () => becomes(started, take(started, AT + 1, found([], { isLast: true })))],
  ])('succeeds %s, and gets a time to be forgotten', (_, end) => {
    const ended = end()
    expect(ended).toMatchObject({ state: 'succeeded', endedAt: AT + 1, forgetAt: AT + 1 + retentionMs })
    expect(ended.dueAt).toBeUndefined()
    expect(refusalOf(ended, take(ended, AT + 2, found([])))).toMatchObject({ refused: 'finished', state: 'succeeded' })
    expect(refusalOf(ended, abort(AT + 2))).toMatchObject({ refused: 'finished' })
  })
})

const lastLeased = () => becomes(started, take(started, AT, found(['a'], { isLast: true })))

describe('the current page', () => {
  test('is refused to a second worker until its lease ends', () => {
    const second = take(leased, AT + 69_999)
    expect(refusalOf(leased, second)).toMatchObject({ refused: 'leased', retryAt: AT + 70_000 })
  })

  test('goes to another worker after its lease, with the same tasks', () => {
    const again = becomes(leased, take(leased, AT + 70_000))
    expect(again.currentPage).toEqual({ tasks: ['a', 'b', 'c'], until: AT + 140_000, isLast: false })
    expect(again).toMatchObject({ examinedCount: 10, matchedCount: 3 })
  })

  test('is counted once: late results are fenced', () => {
    const recorded = becomes(leased, record(leased, AT, [changed('a')]))
    expect(refusalOf(recorded, record(leased, AT, [changed('a')]))).toMatchObject({ refused: 'fenced' })
    const next = becomes(recorded, take(recorded, AT, found(['d'])))
    expect(refusalOf(next, record(leased, AT, [changed('a')]))).toMatchObject({ refused: 'fenced' })
  })

  test('is taken only by a worker that has read the current version', () => {
    expect(refusalOf(started, { ...take(started, AT, found(['a'])), version: 7 } as OperationCommand)).toMatchObject({
      refused: 'superseded',
    })
    expect(refusalOf(started, take(started, AT))).toMatchObject({ refused: 'superseded' })
  })
})

describe('an abort', () => {
  test('ends a bulk operation at once between two pages', () => {
    const aborted = becomes(started, abort(AT + 5))
    expect(aborted).toMatchObject({ state: 'aborted', endedAt: AT + 5, abort: { by: 'user:bob', reason: 'wrong filter' } })
    expect(aborted.dueAt).toBeUndefined()
  })

  test('waits until the current page is completed, because the row does not record which tasks got the command', () => {
    const asked = becomes(leased, abort(AT + 5))
    expect(asked).toMatchObject({ state: 'running', currentPage: leased.currentPage, dueAt: AT })
    expect(refusalOf(asked, abort(AT + 6))).toMatchObject({ refused: 'unchanged' })
    // The worker has read an older version; the page is the same.
    const ended = becomes(asked, record(leased, AT + 7, [changed('a'), changed('b'), changed('c')]))
    expect(ended).toMatchObject({ state: 'aborted', changedCount: 3, endedAt: AT + 7 })
  })

  test('does not prevent the completion of the page of a lost worker', () => {
    const late = take(leased, AT + 70_000)
    const asked = becomes(leased, abort(AT + 69_999))
    expect(becomes(asked, late).currentPage).toMatchObject({ tasks: ['a', 'b', 'c'], until: AT + 140_000 })
  })

  test('stops a worker that has read the next page but not taken it', () => {
    const aborted = becomes(started, abort(AT))
    expect(refusalOf(aborted, take(started, AT, found(['a'])))).toMatchObject({ refused: 'finished', state: 'aborted' })
  })
})

describe('a refusal of a bulk operation', () => {
  const ended = becomes(started, abort(AT))
  test.each<readonly [string, BulkOperation | undefined, OperationCommand, object]>([
    ['that exists', started, start(), { refused: 'exists', message: 'operation op1 exists already', state: 'running' }],
    ['that does not exist', undefined, abort(AT), { refused: 'unknown', message: 'operation op1 does not exist' }],
    [
      'that has ended',
      ended,
      take(ended, AT),
      { refused: 'finished', message: 'operation op1 has ended already; its state is aborted', state: 'aborted' },
    ],
    [
      'whose page is leased',
      leased,
      take(leased, AT + 1),
      {
        refused: 'leased',
        message: 'a worker leases the current page of operation op1 until 1970-01-01T00:17:50.000Z',
        state: 'running',
        retryAt: AT + 70_000,
      },
    ],
    [
      'of which an older version was read',
      started,
      { ...take(started, AT, found(['a'])), version: 7 } as OperationCommand,
      { refused: 'superseded', message: 'operation op1 is at version 1, not at 7', state: 'running' },
    ],
    [
      'without a page of a lost worker',
      started,
      take(started, AT),
      { refused: 'superseded', message: 'operation op1 has no page of a lost worker', state: 'running' },
    ],
    [
      'whose page is recorded',
      started,
      record(started, AT, []),
      { refused: 'fenced', message: 'another worker has recorded page 0 of operation op1', state: 'running' },
    ],
    [
      'that is being aborted',
      becomes(leased, abort(AT)),
      abort(AT),
      {
        refused: 'unchanged',
        message: 'user:bob has aborted operation op1 already; its current page is being completed',
      },
    ],
  ])('says how it is, of one %s', (_, row, command, refusal) => expect(refusalOf(row, command)).toEqual(refusal))
})

test('the first row of a bulk operation has what its start says, and nothing else', () => {
  const row = {
    kind: 'operation',
    tenant: 'acme',
    id: 'op1',
    action: 'cancel',
    filter: { type: 'greet' },
    rate: { count: 60, periodMs: 60_000 },
    state: 'running',
    version: 1,
    epoch: 1,
    startedAt: AT,
    by: 'user:alice',
    updatedAt: AT,
    dueAt: AT,
    examinedCount: 0,
    matchedCount: 0,
    changedCount: 0,
    refusedCount: 0,
    pagesCount: 0,
  }
  expect(started).toEqual(row)
  const more = { environmentId: 'blue', requestDigest: 'd' }
  expect(becomes(undefined, { ...start(), ...more } as OperationCommand)).toEqual({ ...row, ...more })
})

test('a slow rate sets a wake-up far ahead', () => {
  const slow = becomes(undefined, start({ rate: { count: 1, periodMs: 3_600_000 } }))
  const page = becomes(slow, take(slow, AT, found(['a'])))
  expect(becomes(page, record(page, AT, [changed('a')])).dueAt).toBe(AT + 3_600_000)
})
