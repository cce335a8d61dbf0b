import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { decodeNudge, encodeNudge, nudgeOf, timerName } from '../../../core/row/nudge.ts'
import type { ClaimTask } from '../../../core/task/command.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { onNudge } from '../../../core/task/waking.ts'
import { create, LEASE_MS, NOON, RETENTION_MS, rowIn, said } from './rows.ts'

const asked = (row: TaskRow | undefined, at: number, epoch = row?.epoch ?? 1) => {
  const claim: ClaimTask = { name: 'claim', at, by: 'worker:w2', epoch, owner: 'w2', leaseMs: LEASE_MS }
  return onNudge(row, { kind: 'task', tenant: 'acme', id: 'task1', epoch, lane: 'normal', dueAt: at }, claim, RETENTION_MS)
}

describe('what a nudge asks of a row', () => {
  const running = rowIn('running')
  const leaseOver = NOON + LEASE_MS
  const waiting = said(running, { name: 'wait', at: NOON, by: 'w', claim: { epoch: 1, attempt: 1 }, dueAt: NOON + 10 })

  test('nothing of one that is unknown', () => expect(asked(undefined, NOON)).toMatchObject({ refused: 'unknown' }))
  test('nothing when its epoch is not the present one', () =>
    expect(asked(rowIn('scheduled'), NOON, 7)).toMatchObject({ refused: 'superseded' }))
  test('a claim of one that is due', () => expect(asked(rowIn('scheduled'), NOON)).toMatchObject({ name: 'claim' }))
  test('a claim of one that is held: the claim itself says no', () =>
    expect(asked(running, NOON)).toMatchObject({ name: 'claim' }))
  test('the end of one that was not started in time', () => {
    expect(asked(rowIn('scheduled'), NOON + 3_600_000)).toMatchObject({ name: 'expire' })
    expect(asked(rowIn('pending'), NOON + 3_600_000)).toMatchObject({ name: 'expire' })
  })
  test('the end of one that waited too long, and not before', () => {
    expect(asked(waiting, NOON + 9)).toMatchObject({ refused: 'early', retryAt: NOON + 10 })
    expect(asked(waiting, NOON + 10)).toMatchObject({ name: 'fail', error: { code: 'WaitTimeout' } })
  })
  test('nothing of one that waits for a signal only', () =>
    expect(asked(rowIn('waiting'), NOON)).toMatchObject({ refused: 'superseded' }))
  test('the end of one that has lost as many workers as it may, once the last lease is over', () => {
    const worn = { ...running, losses: LIMITS.lossesCount }
    expect(asked(worn, leaseOver - 1)).toMatchObject({ name: 'claim' })
    expect(asked(worn, leaseOver)).toMatchObject({ name: 'fail', error: { code: 'WorkerLost' } })
  })
  test('the end of one that was to be cancelled when its worker died', () => {
    expect(asked({ ...running, cancelRequested: true }, leaseOver)).toMatchObject({
      name: 'cancel',
      claim: { epoch: 1, attempt: 1 },
    })
  })
})

describe('the message', () => {
  const row = said(undefined, create())

  test('is read as it was written', () => {
    const nudge = nudgeOf(row, NOON)
    expect(decodeNudge(encodeNudge(nudge))).toEqual(nudge)
  })

  test.each([
    '',
    'null',
    '42',
    '[]',
    '{}',
    'not json',
    '{"kind":"task"}',
    '{"kind":"task","tenant":"a","id":"b","epoch":0,"lane":"n","dueAt":1}',
    '{"kind":"task","tenant":"a","id":"b","epoch":1,"lane":"n","dueAt":1,"more":true}',
  ])('%s is not a nudge', (body) => expect(decodeNudge(body)).toBeUndefined())

  test('a timer is named by row and epoch, within what the timer service takes', () => {
    const name = timerName({ kind: 'task', tenant: 'acme', id: `${'x'.repeat(26)}.f1234567890`, epoch: 1_234_567_890 })
    expect(name).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/)
  })

  test.each(['gate', 'operation'] as const)('so is the timer of a %s, whatever it is called and whosever it is', (kind) => {
    const keys = fc.record({
      tenant: fc.constantFrom('acme', 'acme-2', 'a'),
      id: fc.string({ unit: 'grapheme', maxLength: 200 }),
    })
    fc.assert(
      fc.property(keys, keys, fc.nat(), (one, other, epoch) => {
        const name = timerName({ kind, ...one, epoch })
        expect(name).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/)
        expect(name === timerName({ kind, ...other, epoch })).toBe(one.tenant === other.tenant && one.id === other.id)
        expect(name).not.toBe(timerName({ kind, ...one, epoch: epoch + 1 }))
      }),
    )
  })

  test.each(['gate', 'operation'] as const)('can name a %s as well', (kind) => {
    const nudge = { kind, tenant: 'acme', id: 'key.erp:eu', epoch: 3, lane: 'control', dueAt: NOON }
    expect(decodeNudge(encodeNudge(nudge))).toEqual(nudge)
  })
})
