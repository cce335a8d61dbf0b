import { describe, expect, test } from 'vitest'
import { consequences } from '../../core/consequences.ts'
import type { TaskCommand } from '../../core/task/command.ts'
import { TASK_STATES, type TaskRow, targets } from '../../core/task/row.ts'
import { decideTenant, type TenantCommand, type TenantRow, tenantKey } from '../../core/tenant/row.ts'
import { commandOf, create, LATER, NOON, nextRow, rowIn } from './task/rows.ts'

const auditEffects = (before: Parameters<typeof consequences>[0], after: Parameters<typeof consequences>[1]) =>
  consequences(before, after).flatMap((effect) =>
    effect.kind === 'appendEntries' && effect.list.list === 'audit' ? [effect] : [],
  )

const AUDITED = ['ready', 'hold', 'reschedule', 'cancel', 'redrive', 'resume'] as const

describe('the audit of tasks', () => {
  const cases = TASK_STATES.flatMap((state) =>
    AUDITED.filter((verb) => targets(state, verb).length > 0).map((verb) => [verb, state] as const),
  )
  const by = 'user:alice'

  test.each(cases)('%s by a caller in state %s has an entry', (verb, state) => {
    const before = rowIn(state)
    const after = nextRow(before, { ...commandOf(verb, before, LATER), by, reason: 'because' } as TaskCommand)
    const [effect, ...more] = auditEffects(before, after)
    expect(more).toEqual([])
    expect(effect).toMatchObject({ list: { tenant: 'acme', id: 'acme' }, since: LATER })
    const time = verb === 'ready' || verb === 'reschedule' ? { notBefore: after.notBefore } : {}
    expect(effect?.entries).toEqual([
      {
        at: `${String(LATER).padStart(16, '0')}#task1#${after.version}`,
        value: { at: LATER, by, command: verb, task: 'task1', reason: 'because', from: state, to: after.state, ...time },
      },
    ])
  })

  test('a creation and commands of workers or of Carillon have no entry, so a plain task costs no entry', () => {
    const scheduled = nextRow(undefined, create())
    const running = rowIn('running')
    expect(auditEffects(undefined, scheduled)).toEqual([])
    expect(auditEffects(scheduled, running)).toEqual([])
    expect(auditEffects(running, rowIn('succeeded'))).toEqual([])
    expect(auditEffects(scheduled, nextRow(scheduled, { name: 'hold', at: NOON, by: 'system:execute' }))).toEqual([])
  })

  test('an amendment has no entry, because the row names the caller', () => {
    const before = nextRow(undefined, create())
    const after = nextRow(before, { name: 'amend', at: NOON, by, amendment: { notBefore: NOON + 60_000 } })
    expect(after.history.at(-1)).toMatchObject({ by, command: 'amend' })
    expect(auditEffects(before, after)).toEqual([])
  })

  test('a command of a bulk operation names the caller who started the operation', () => {
    const before = rowIn('scheduled')
    const after = nextRow(before, { name: 'hold', at: NOON, by: 'user:alice via operation:op1', operation: 'op1' }) as TaskRow
    expect(auditEffects(before, after)[0]?.entries[0]?.value).toMatchObject({
      by: 'user:alice via operation:op1',
      command: 'hold',
    })
  })
})

describe('the audit of pauses and limits', () => {
  const opened = decideTenant(tenantKey('acme'), undefined, { name: 'open', at: NOON, by: 'user:alice' }) as TenantRow
  const decide = (row: TenantRow, command: TenantCommand) => decideTenant(tenantKey('acme'), row, command) as TenantRow
  const by = { at: NOON, by: 'user:alice', scope: 'type.copy' } as const

  test('each command has one entry, with its scope', () => {
    const paused = decide(opened, { name: 'pause', ...by, reason: 'a bad release' })
    expect(auditEffects(opened, paused)[0]?.entries[0]?.value).toEqual({
      at: NOON,
      by: 'user:alice',
      command: 'pause',
      scope: 'type.copy',
      reason: 'a bad release',
    })
    const swept = decide(paused, { name: 'sweep', at: NOON, by: 'system:sweep', swept: { at: NOON, id: '' } })
    expect(auditEffects(paused, swept)).toEqual([])
    const resumed = decide(swept, { name: 'resume', ...by })
    expect(auditEffects(swept, resumed)[0]?.entries[0]?.value).toMatchObject({ command: 'resume' })
    const limited = decide(resumed, { name: 'limit', ...by, limits: { limit: 2 } })
    expect(auditEffects(resumed, limited)[0]?.entries[0]?.value).toMatchObject({ command: 'limit', limits: { limit: 2 } })
    expect(auditEffects(undefined, opened)).toEqual([])
  })
})
