import { describe, expect, test } from 'vitest'
import { consequences } from '../../core/consequences.ts'
import type { TaskCommand } from '../../core/task/command.ts'
import { TASK_STATES, type TaskRow, targets } from '../../core/task/row.ts'
import { decideTenant, type TenantCommand, type TenantRow, tenantKey } from '../../core/tenant/row.ts'
import { commandOf, create, LATER, NOON, rowIn, said } from './task/rows.ts'

const notesOf = (before: Parameters<typeof consequences>[0], after: Parameters<typeof consequences>[1]) =>
  consequences(before, after).flatMap((effect) =>
    effect.kind === 'appendEntries' && effect.list.list === 'audit' ? [effect] : [],
  )

const SPOKEN = ['ready', 'hold', 'reschedule', 'cancel', 'redrive', 'resume'] as const

describe('of a task', () => {
  const cases = TASK_STATES.flatMap((state) =>
    SPOKEN.filter((verb) => targets(state, verb).length > 0).map((verb) => [verb, state] as const),
  )
  const by = 'user:alice'

  test.each(cases)('%s said by a person in state %s is noted', (verb, state) => {
    const before = rowIn(state)
    const after = said(before, { ...commandOf(verb, before, LATER), by, reason: 'because' } as TaskCommand)
    const [note, ...more] = notesOf(before, after)
    expect(more).toEqual([])
    expect(note).toMatchObject({ list: { tenant: 'acme', id: 'acme' }, since: LATER })
    const time = verb === 'ready' || verb === 'reschedule' ? { notBefore: after.notBefore } : {}
    expect(note?.entries).toEqual([
      {
        at: `${String(LATER).padStart(16, '0')}#task1#${after.version}`,
        value: { at: LATER, by, what: verb, task: 'task1', reason: 'because', from: state, to: after.state, ...time },
      },
    ])
  })

  test('a creation is not, and neither is what a worker or Carillon itself does: a plain task pays nothing', () => {
    const scheduled = said(undefined, create())
    const running = rowIn('running')
    expect(notesOf(undefined, scheduled)).toEqual([])
    expect(notesOf(scheduled, running)).toEqual([])
    expect(notesOf(running, rowIn('succeeded'))).toEqual([])
    expect(notesOf(scheduled, said(scheduled, { name: 'hold', at: NOON, by: 'system:execute' }))).toEqual([])
  })

  test('what takes the place of a creation is not: the row says who', () => {
    const before = said(undefined, create())
    const after = said(before, { name: 'amend', at: NOON, by, amendment: { notBefore: NOON + 60_000 } })
    expect(after.history.at(-1)).toMatchObject({ by, verb: 'amend' })
    expect(notesOf(before, after)).toEqual([])
  })

  test('what an operation says is said by who began it', () => {
    const before = rowIn('scheduled')
    const after = said(before, { name: 'hold', at: NOON, by: 'user:alice via operation:op1', operation: 'op1' }) as TaskRow
    expect(notesOf(before, after)[0]?.entries[0]?.value).toMatchObject({ by: 'user:alice via operation:op1', what: 'hold' })
  })
})

describe('of what is paused and limited', () => {
  const opened = decideTenant(tenantKey('acme'), undefined, { name: 'open', at: NOON, by: 'user:alice' }) as TenantRow
  const say = (row: TenantRow, command: TenantCommand) => decideTenant(tenantKey('acme'), row, command) as TenantRow
  const by = { at: NOON, by: 'user:alice', scope: 'type.copy' } as const

  test('each saying is noted once, with its scope', () => {
    const paused = say(opened, { name: 'pause', ...by, reason: 'a bad release' })
    expect(notesOf(opened, paused)[0]?.entries[0]?.value).toEqual({
      at: NOON,
      by: 'user:alice',
      what: 'pause',
      scope: 'type.copy',
      reason: 'a bad release',
    })
    const swept = say(paused, { name: 'sweep', at: NOON, by: 'system:sweep', swept: { at: NOON, id: '' } })
    expect(notesOf(paused, swept)).toEqual([])
    const resumed = say(swept, { name: 'resume', ...by })
    expect(notesOf(swept, resumed)[0]?.entries[0]?.value).toMatchObject({ what: 'resume' })
    const limited = say(resumed, { name: 'limit', ...by, limits: { limit: 2 } })
    expect(notesOf(resumed, limited)[0]?.entries[0]?.value).toMatchObject({ what: 'limit', limits: { limit: 2 } })
    expect(notesOf(undefined, opened)).toEqual([])
  })
})
