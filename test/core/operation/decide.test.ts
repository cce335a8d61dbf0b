import { describe, expect, test } from 'vitest'
import type { NextPage, OperationCommand } from '../../../core/operation/command.ts'
import type { BulkOperation, BulkResult } from '../../../core/operation/row.ts'
import { AT, becomes, no, start } from './rows.ts'

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
const touched = (task: string): BulkResult => ({ task, at: AT, result: 'changed', state: 'cancelled' })
const refused = (task: string): BulkResult => ({ task, at: AT, result: 'refused', detail: 'it is running' })
const tell = (row: BulkOperation, at: number, told: readonly BulkResult[]): OperationCommand => ({
  name: 'recordResults',
  at,
  by,
  page: row.pagesCount,
  results: told,
  retentionMs,
})
const abort = (at: number): OperationCommand => ({ name: 'abort', at, by: 'user:bob', reason: 'wrong filter', retentionMs })

const begun = becomes(undefined, start())
const inHand = becomes(begun, take(begun, AT, found(['a', 'b', 'c'])))

describe('an operation', () => {
  test('begins running, due at once, with nothing counted', () => {
    expect(begun).toMatchObject({
      state: 'running',
      version: 1,
      epoch: 1,
      dueAt: AT,
      by: 'user:alice',
      pagesCount: 0,
      examinedCount: 0,
    })
    expect(no(begun, start())).toMatchObject({ refused: 'exists' })
  })

  test('writes which tasks it takes in hand before they are told, and keeps its wake-up meanwhile', () => {
    expect(inHand).toMatchObject({
      epoch: 1,
      dueAt: AT,
      examinedCount: 10,
      matchedCount: 3,
      changedCount: 0,
      place: { at: 5, id: 'z' },
    })
    expect(inHand.currentPage).toEqual({ tasks: ['a', 'b', 'c'], until: AT + 70_000, isLast: false })
  })

  test('counts a page when all of it has been told, and is due again when its rate allows', () => {
    const told = becomes(inHand, tell(inHand, AT + 500, [touched('a'), refused('b'), touched('c')]))
    expect(told).toMatchObject({ state: 'running', changedCount: 2, refusedCount: 1, pagesCount: 1 })
    // Three of sixty a minute are three seconds' worth, and the half second that it took to tell them is part of these.
    expect([told.dueAt, told.epoch, told.currentPage]).toEqual([AT + 3_000, told.version, undefined])
  })

  test.each([
    ['a message that comes a little late costs it nothing', 1_200, AT + 3_000],
    ['of a long lateness it makes up for two seconds and no more', 3_600_000, AT + 3_600_000 + 1_000],
  ])('keeps its pace: %s', (_, lateMs, dueAt) => {
    const late = becomes(begun, take(begun, AT + lateMs, found(['a', 'b', 'c'])))
    expect(becomes(late, tell(late, AT + lateMs + 100, [touched('a'), touched('b'), touched('c')])).dueAt).toBe(dueAt)
  })

  test('goes on at once when telling a page took longer than its rate asks for', () => {
    const told = becomes(inHand, tell(inHand, AT + 4_000, [touched('a'), touched('b'), touched('c')]))
    expect(told.dueAt).toBe(AT + 4_000)
  })

  test('looks on at once where nothing was meant, however slow its rate', () => {
    const passed = becomes(begun, take(begun, AT + 9, found([])))
    expect(passed).toMatchObject({ dueAt: AT + 9, epoch: 2, examinedCount: 10, pagesCount: 0 })
  })

  test.each([
    ['behind the last page', () => becomes(inHandLast(), tell(inHandLast(), AT + 1, [touched('a')]))],
    ['where nothing lies ahead', () => becomes(begun, take(begun, AT + 1, found([], { isLast: true })))],
  ])('has succeeded %s, and is forgotten some day', (_, end) => {
    const ended = end()
    expect(ended).toMatchObject({ state: 'succeeded', endedAt: AT + 1, forgetAt: AT + 1 + retentionMs })
    expect(ended.dueAt).toBeUndefined()
    expect(no(ended, take(ended, AT + 2, found([])))).toMatchObject({ refused: 'finished', state: 'succeeded' })
    expect(no(ended, abort(AT + 2))).toMatchObject({ refused: 'finished' })
  })
})

const inHandLast = () => becomes(begun, take(begun, AT, found(['a'], { isLast: true })))

describe('a page in hand', () => {
  test("is nobody else's until its time is over", () => {
    const second = take(inHand, AT + 69_999)
    expect(no(inHand, second)).toMatchObject({ refused: 'leased', retryAt: AT + 70_000 })
  })

  test('is told by another then: the same tasks', () => {
    const again = becomes(inHand, take(inHand, AT + 70_000))
    expect(again.currentPage).toEqual({ tasks: ['a', 'b', 'c'], until: AT + 140_000, isLast: false })
    expect(again).toMatchObject({ examinedCount: 10, matchedCount: 3 })
  })

  test('is counted once: who comes late with it is fenced', () => {
    const told = becomes(inHand, tell(inHand, AT, [touched('a')]))
    expect(no(told, tell(inHand, AT, [touched('a')]))).toMatchObject({ refused: 'fenced' })
    const next = becomes(told, take(told, AT, found(['d'])))
    expect(no(next, tell(inHand, AT, [touched('a')]))).toMatchObject({ refused: 'fenced' })
  })

  test('is taken only by who has looked at the row as it is', () => {
    expect(no(begun, { ...take(begun, AT, found(['a'])), version: 7 } as OperationCommand)).toMatchObject({
      refused: 'superseded',
    })
    expect(no(begun, take(begun, AT))).toMatchObject({ refused: 'superseded' })
  })
})

describe('an abort', () => {
  test('ends an operation at once between two pages', () => {
    const aborted = becomes(begun, abort(AT + 5))
    expect(aborted).toMatchObject({ state: 'aborted', endedAt: AT + 5, abort: { by: 'user:bob', reason: 'wrong filter' } })
    expect(aborted.dueAt).toBeUndefined()
  })

  test('lets a page in hand be told to its end, because nobody can say which of it has been', () => {
    const asked = becomes(inHand, abort(AT + 5))
    expect(asked).toMatchObject({ state: 'running', currentPage: inHand.currentPage, dueAt: AT })
    expect(no(asked, abort(AT + 6))).toMatchObject({ refused: 'unchanged' })
    // Its worker knows an older version; the page is the same.
    const ended = becomes(asked, tell(inHand, AT + 7, [touched('a'), touched('b'), touched('c')]))
    expect(ended).toMatchObject({ state: 'aborted', changedCount: 3, endedAt: AT + 7 })
  })

  test('does not keep a page that a dead worker has left from being told', () => {
    const late = take(inHand, AT + 70_000)
    const asked = becomes(inHand, abort(AT + 69_999))
    expect(becomes(asked, late).currentPage).toMatchObject({ tasks: ['a', 'b', 'c'], until: AT + 140_000 })
  })

  test('stops who has looked ahead and not yet taken what it found', () => {
    const aborted = becomes(begun, abort(AT))
    expect(no(aborted, take(begun, AT, found(['a'])))).toMatchObject({ refused: 'finished', state: 'aborted' })
  })
})

test('a slow rate makes a wake-up far ahead', () => {
  const slow = becomes(undefined, start({ rate: { count: 1, periodMs: 3_600_000 } }))
  const page = becomes(slow, take(slow, AT, found(['a'])))
  expect(becomes(page, tell(page, AT, [touched('a')])).dueAt).toBe(AT + 3_600_000)
})
