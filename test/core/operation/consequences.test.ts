import { describe, expect, test } from 'vitest'
import { consequences, wakeupsOf } from '../../../core/consequences.ts'
import { LIMITS } from '../../../core/limits.ts'
import type { BulkResult } from '../../../core/operation/row.ts'
import type { Effect } from '../../../core/row/effect.ts'
import { AT, becomes, start } from './rows.ts'

const begun = becomes(undefined, start({ reason: 'wrong month' }))
const page = { tasks: ['a', 'b'], place: { at: 5, id: 'b' }, examined: 2, matched: 2, isLast: false }
const inHand = becomes(begun, { name: 'takePage', at: AT, by: 'x', version: 1, found: page, until: AT + 70_000, retentionMs: 9 })
const told: readonly BulkResult[] = [
  { task: 'a', at: AT, result: 'changed', state: 'cancelled' },
  { task: 'b', at: AT, result: 'refused', detail: 'it has finished' },
]
const next = becomes(inHand, { name: 'recordResults', at: AT + 1, by: 'x', page: 0, results: told, retentionMs: 9 })
const aborted = becomes(next, { name: 'abort', at: AT + 2, by: 'user:bob', retentionMs: 9 })

const notes = (effects: readonly Effect[], list: string) =>
  effects.flatMap((effect) => (effect.kind === 'appendEntries' && effect.list.list === list ? [effect] : []))

describe('what follows from a change of an operation', () => {
  test('it is woken for each page on the control lane, by a name that is its own', () => {
    expect(consequences(undefined, begun)).toContainEqual({
      kind: 'send',
      nudge: { kind: 'operation', tenant: 'acme', id: 'op1', epoch: 1, lane: 'control', dueAt: AT },
    })
    expect(consequences(begun, inHand)).toEqual([])
    expect(consequences(inHand, next)).toContainEqual(expect.objectContaining({ kind: 'send' }))
    expect(wakeupsOf(next)).toEqual([expect.objectContaining({ kind: 'send' })])
    expect(wakeupsOf(aborted)).toEqual([])
  })

  test('a far page has a timer, which goes when the operation is aborted', () => {
    const far = { ...next, dueAt: AT + LIMITS.queueDelayMs + 10_000 }
    const [armed] = consequences(inHand, far).filter(({ kind }) => kind === 'arm')
    const gone = becomes(far, { name: 'abort', at: AT + 2, by: 'user:bob', retentionMs: 9 })
    expect(consequences(far, gone)).toContainEqual({ kind: 'disarm', name: (armed as Extract<Effect, { kind: 'arm' }>).name })
  })

  test('it is listed from its beginning, and kept as long as finished tasks are from its end', () => {
    const [first] = notes(consequences(undefined, begun), 'operations')
    expect(first).toMatchObject({ list: { tenant: 'acme', id: 'acme' }, entries: [{ value: 'op1' }] })
    expect(first).not.toHaveProperty('since')
    expect(notes(consequences(next, aborted), 'operations')).toEqual([{ ...first, since: AT + 2 }])
    expect(notes(consequences(inHand, next), 'operations')).toEqual([])
  })

  test('each page is listed once, in the order in which it was told, under names of its own', () => {
    const [list] = notes(consequences(inHand, next), 'results')
    expect(list?.list).toEqual({ list: 'results', tenant: 'acme', id: 'op1' })
    expect(list?.entries.map(({ value }) => value)).toEqual(told)
    expect(list?.entries.map(({ at }) => at)).toEqual(['0000000000000001#0000', '0000000000000001#0001'])
    expect(notes(consequences(next, aborted), 'changed')).toEqual([])
  })

  test('who began it and who aborted it is noted; a dry run commands nothing', () => {
    const entry = { at: AT, by: 'user:alice', what: 'cancel', operation: 'op1', reason: 'wrong month' }
    expect(notes(consequences(undefined, begun), 'audit')[0]?.entries[0]?.value).toEqual(entry)
    expect(notes(consequences(next, aborted), 'audit')[0]?.entries[0]?.value).toEqual({
      at: AT + 2,
      by: 'user:bob',
      what: 'abort',
      operation: 'op1',
    })
    expect(notes(consequences(undefined, becomes(undefined, start({ dryRun: true }))), 'audit')).toEqual([])
  })
})
