import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { decodeNudge, encodeNudge, nudgeOf, timerName } from '../../../core/row/nudge.ts'
import type { ClaimTask } from '../../../core/task/command.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { onNudge } from '../../../core/task/waking.ts'
import { create, LEASE_MS, NOON, nextRow, RETENTION_MS, rowIn } from './rows.ts'

const commandOfNudge = (row: TaskRow | undefined, at: number, epoch = row?.epoch ?? 1) => {
  const claim: ClaimTask = { name: 'claim', at, by: 'worker:w2', epoch, owner: 'w2', leaseMs: LEASE_MS }
  return onNudge(row, { kind: 'task', tenant: 'acme', id: 'task1', epoch, lane: 'normal', dueAt: at }, claim, RETENTION_MS)
}

describe('the command of a nudge', () => {
  const running = rowIn('running')
  const leaseEnd = NOON + LEASE_MS
  const waiting = nextRow(running, { name: 'wait', at: NOON, by: 'w', claim: { epoch: 1, attempt: 1 }, dueAt: NOON + 10 })

  test('is a refusal when the task does not exist', () =>
    expect(commandOfNudge(undefined, NOON)).toMatchObject({ refused: 'unknown' }))
  test('is a refusal when the epoch is not the current one', () =>
    expect(commandOfNudge(rowIn('scheduled'), NOON, 7)).toMatchObject({ refused: 'superseded' }))
  test('is a claim when the task is due', () => expect(commandOfNudge(rowIn('scheduled'), NOON)).toMatchObject({ name: 'claim' }))
  test('is a claim when the task is leased, and the claim is then refused', () =>
    expect(commandOfNudge(running, NOON)).toMatchObject({ name: 'claim' }))
  test('expires a task that was not started in time', () => {
    expect(commandOfNudge(rowIn('scheduled'), NOON + 3_600_000)).toMatchObject({ name: 'expire' })
    expect(commandOfNudge(rowIn('pending'), NOON + 3_600_000)).toMatchObject({ name: 'expire' })
  })
  test('fails a waiting task when its wait is over, and not before', () => {
    expect(commandOfNudge(waiting, NOON + 9)).toMatchObject({ refused: 'early', retryAt: NOON + 10 })
    expect(commandOfNudge(waiting, NOON + 10)).toMatchObject({ name: 'fail', error: { code: 'WaitTimeout' } })
  })
  test('is a refusal when the task waits only for a signal', () =>
    expect(commandOfNudge(rowIn('waiting'), NOON)).toMatchObject({ refused: 'superseded' }))
  test('fails a task that has lost the maximum number of workers, after the last lease', () => {
    const exhausted = { ...running, losses: LIMITS.lossesCount }
    expect(commandOfNudge(exhausted, leaseEnd - 1)).toMatchObject({ name: 'claim' })
    expect(commandOfNudge(exhausted, leaseEnd)).toMatchObject({ name: 'fail', error: { code: 'WorkerLost' } })
  })
  test('cancels a task with a cancel request whose worker was lost', () => {
    expect(commandOfNudge({ ...running, cancelRequested: true }, leaseEnd)).toMatchObject({
      name: 'cancel',
      claim: { epoch: 1, attempt: 1 },
    })
  })
})

describe('the message', () => {
  const row = nextRow(undefined, create())

  test('decodes to the encoded nudge', () => {
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

  test('the name of a timer contains row and epoch, and is valid in EventBridge Scheduler', () => {
    const name = timerName({ kind: 'task', tenant: 'acme', id: `${'x'.repeat(26)}.f1234567890`, epoch: 1_234_567_890 })
    expect(name).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/)
  })

  test.each(['gate', 'operation'] as const)('the name of the timer of a %s is valid and unique for any tenant and id', (kind) => {
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

  test.each(['gate', 'operation'] as const)('can be for a %s', (kind) => {
    const nudge = { kind, tenant: 'acme', id: 'key.erp:eu', epoch: 3, lane: 'control', dueAt: NOON }
    expect(decodeNudge(encodeNudge(nudge))).toEqual(nudge)
  })
})
