import { describe, expect, test } from 'vitest'
import { consequences } from '../../core/consequences.ts'
import type { TaskCommand } from '../../core/task/command.ts'
import { TASK_STATES, type TaskRow, targets } from '../../core/task/row.ts'
import { decideTenant, type TenantCommand, type TenantRow, tenantKey } from '../../core/tenant/row.ts'
import { commandOf, create, LATER, NOON, rowIn, said } from './task/rows.ts'

const entriesOf = (before: Parameters<typeof consequences>[0], after: Parameters<typeof consequences>[1]) =>
  consequences(before, after).flatMap((effect) =>
    effect.kind === 'appendEntries' && effect.list.list === 'audit' ? [effect] : [],
  )

const CALLER_COMMANDS = ['ready', 'hold', 'reschedule', 'cancel', 'redrive', 'resume'] as const

describe('the audit of a task', () => {
  const cases = TASK_STATES.flatMap((state) =>
    CALLER_COMMANDS.filter((verb) => targets(state, verb).length > 0).map((verb) => [verb, state] as const),
  )
  const by = 'user:alice'

  test.each(cases)('lists %s by a caller in state %s', (verb, state) => {
    const before = rowIn(state)
    const after = said(before, { ...commandOf(verb, before, LATER), by, reason: 'because' } as TaskCommand)
    const [entry, ...more] = entriesOf(before, after)
    expect(more).toEqual([])
    expect(entry).toMatchObject({ list: { tenant: 'acme', id: 'acme' }, since: LATER })
    const time = verb === 'ready' || verb === 'reschedule' ? { notBefore: after.notBefore } : {}
    expect(entry?.entries).toEqual([
      {
        at: `${String(LATER).padStart(16, '0')}#task1#${after.version}`,
        value: { at: LATER, by, what: verb, task: 'task1', reason: 'because', from: state, to: after.state, ...time },
      },
    ])
  })

  test('lists neither a creation nor commands of workers and Carillon, so an ordinary task writes no entry', () => {
    const scheduled = said(undefined, create())
    const running = rowIn('running')
    expect(entriesOf(undefined, scheduled)).toEqual([])
    expect(entriesOf(scheduled, running)).toEqual([])
    expect(entriesOf(running, rowIn('succeeded'))).toEqual([])
    expect(entriesOf(scheduled, said(scheduled, { name: 'hold', at: NOON, by: 'system:execute' }))).toEqual([])
  })

  test('does not list an amendment by a duplicate request, because the history names its caller', () => {
    const before = said(undefined, create())
    const after = said(before, { name: 'amend', at: NOON, by, amendment: { notBefore: NOON + 60_000 } })
    expect(after.history.at(-1)).toMatchObject({ by, command: 'amend' })
    expect(entriesOf(before, after)).toEqual([])
  })

  test('lists a command of a bulk operation under the caller that started it', () => {
    const before = rowIn('scheduled')
    const after = said(before, { name: 'hold', at: NOON, by: 'user:alice via operation:op1', operation: 'op1' }) as TaskRow
    expect(entriesOf(before, after)[0]?.entries[0]?.value).toMatchObject({ by: 'user:alice via operation:op1', what: 'hold' })
  })
})

describe('the audit of controls', () => {
  const opened = decideTenant(tenantKey('acme'), undefined, { name: 'open', at: NOON, by: 'user:alice' }) as TenantRow
  const becomes = (row: TenantRow, command: TenantCommand) => decideTenant(tenantKey('acme'), row, command) as TenantRow
  const by = { at: NOON, by: 'user:alice', scope: 'type.copy' } as const

  test('lists each command once, with its scope', () => {
    const paused = becomes(opened, { name: 'pause', ...by, reason: 'a bad release' })
    expect(entriesOf(opened, paused)[0]?.entries[0]?.value).toEqual({
      at: NOON,
      by: 'user:alice',
      what: 'pause',
      scope: 'type.copy',
      reason: 'a bad release',
    })
    const swept = becomes(paused, { name: 'sweep', at: NOON, by: 'system:sweep', swept: { at: NOON, id: '' } })
    expect(entriesOf(paused, swept)).toEqual([])
    const resumed = becomes(swept, { name: 'resume', ...by })
    expect(entriesOf(swept, resumed)[0]?.entries[0]?.value).toMatchObject({ what: 'resume' })
    const limited = becomes(resumed, { name: 'limit', ...by, limits: { limit: 2 } })
    expect(entriesOf(resumed, limited)[0]?.entries[0]?.value).toMatchObject({ what: 'limit', limits: { limit: 2 } })
    expect(entriesOf(undefined, opened)).toEqual([])
  })
})
