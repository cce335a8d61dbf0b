import { describe, expect, test } from 'vitest'
import { consequences, wakeupsOf } from '../../../core/consequences.ts'
import { LIMITS } from '../../../core/limits.ts'
import type { BulkResult } from '../../../core/operation/row.ts'
import type { Effect } from '../../../core/row/effect.ts'
import { AT, becomes, start } from './rows.ts'

const started = becomes(undefined, start({ reason: 'wrong month' }))
const page = { tasks: ['a', 'b'], place: { at: 5, id: 'b' }, examined: 2, matched: 2, isLast: false }
const leased = becomes(started, {
  name: 'takePage',
  at: AT,
  by: 'x',
  version: 1,
  found: page,
  until: AT + 70_000,
  retentionMs: 9,
})
const results: readonly BulkResult[] = [
  { task: 'a', at: AT, result: 'changed', state: 'cancelled' },
  { task: 'b', at: AT, result: 'refused', detail: 'it has finished' },
]
const next = becomes(leased, { name: 'recordResults', at: AT + 1, by: 'x', page: 0, results: results, retentionMs: 9 })
const aborted = becomes(next, { name: 'abort', at: AT + 2, by: 'user:bob', retentionMs: 9 })

const entriesOf = (effects: readonly Effect[], list: string) =>
  effects.flatMap((effect) => (effect.kind === 'appendEntries' && effect.list.list === list ? [effect] : []))

describe('the effects of a change of a bulk operation', () => {
  test('wake it for each page on the control lane', () => {
    expect(consequences(undefined, started)).toContainEqual({
      kind: 'send',
      nudge: { kind: 'operation', tenant: 'acme', id: 'op1', epoch: 1, lane: 'control', dueAt: AT },
    })
    expect(consequences(started, leased)).toEqual([])
    expect(consequences(leased, next)).toContainEqual(expect.objectContaining({ kind: 'send' }))
    expect(wakeupsOf(next)).toEqual([expect.objectContaining({ kind: 'send' })])
    expect(wakeupsOf(aborted)).toEqual([])
  })

  test('arm a timer for a far page, and disarm it when the operation is aborted', () => {
    const far = { ...next, dueAt: AT + LIMITS.queueDelayMs + 10_000 }
    const [armed] = consequences(leased, far).filter(({ kind }) => kind === 'arm')
    const aborted = becomes(far, { name: 'abort', at: AT + 2, by: 'user:bob', retentionMs: 9 })
    expect(consequences(far, aborted)).toContainEqual({ kind: 'disarm', name: (armed as Extract<Effect, { kind: 'arm' }>).name })
  })

  test('list it from its start, and keep it from its end as long as finished tasks', () => {
    const [first] = entriesOf(consequences(undefined, started), 'operations')
    expect(first).toMatchObject({ list: { tenant: 'acme', id: 'acme' }, entries: [{ value: 'op1' }] })
    expect(first).not.toHaveProperty('since')
    expect(entriesOf(consequences(next, aborted), 'operations')).toEqual([{ ...first, since: AT + 2 }])
    expect(entriesOf(consequences(leased, next), 'operations')).toEqual([])
  })

  test('list the results of each page once, in the order of the commands', () => {
    const [list] = entriesOf(consequences(leased, next), 'results')
    expect(list?.list).toEqual({ list: 'results', tenant: 'acme', id: 'op1' })
    expect(list?.entries.map(({ value }) => value)).toEqual(results)
    expect(list?.entries.map(({ at }) => at)).toEqual(['0000000000000001#0000', '0000000000000001#0001'])
    expect(entriesOf(consequences(next, aborted), 'changed')).toEqual([])
  })

  test('of its deletion are none, and neither are those of a page without selected tasks', () => {
    expect(consequences(next, undefined)).toEqual([])
    const passed = { ...page, tasks: [] }
    const after = becomes(next, { name: 'takePage', at: AT, by: 'x', version: 3, found: passed, until: AT, retentionMs: 9 })
    expect(entriesOf(consequences(next, after), 'results')).toEqual([])
    const aborting = becomes(leased, { name: 'abort', at: AT, by: 'user:bob', retentionMs: 9 })
    expect(consequences(aborting, { ...aborting, version: 9 })).toEqual([])
    expect(entriesOf(consequences(next, { ...next, version: 9 }), 'results')).toEqual([])
  })

  test('list start and abort with their callers in the audit, but no dry run', () => {
    const entry = { at: AT, by: 'user:alice', command: 'cancel', operation: 'op1', reason: 'wrong month' }
    expect(entriesOf(consequences(undefined, started), 'audit')[0]?.entries[0]?.value).toEqual(entry)
    expect(entriesOf(consequences(next, aborted), 'audit')[0]?.entries[0]?.value).toEqual({
      at: AT + 2,
      by: 'user:bob',
      command: 'abort',
      operation: 'op1',
    })
    expect(entriesOf(consequences(undefined, becomes(undefined, start({ dryRun: true }))), 'audit')).toEqual([])
  })
})
