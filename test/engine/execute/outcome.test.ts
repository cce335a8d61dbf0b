import { describe, expect, test } from 'vitest'
import { conflict, giveUp, nonRetriable, retriable, retryLater, snooze, wait } from '../../../core/define.ts'
import { readRetriable } from '../../../core/retry/retriable-errors.ts'
import { claimOf } from '../../../core/task/command.ts'
import { settle } from '../../../core/task/outcome.ts'
import { failedBy, resultOf, timedOut } from '../../../engine/execute/outcome.ts'
import { NOON, RETENTION_MS, rowIn } from '../../core/task/rows.ts'

class Locked extends Error {}
class Renamed extends Error {
  override readonly name = 'LockTimeout'
}
const coded = (code: unknown, message = 'it broke') => Object.assign(new Error(message), { code })

describe('what was thrown', () => {
  test.each<readonly [string, unknown, object, object | undefined]>([
    [
      'is known by its name',
      new TypeError('oh'),
      { code: 'TypeError', message: 'oh', retriable: true },
      { names: ['TypeError'] },
    ],
    ['is known by its class as well', new Locked('oh'), { code: 'Error' }, { names: ['Error', 'Locked'] }],
    ['may call itself otherwise', new Renamed('oh'), { code: 'LockTimeout' }, { names: ['LockTimeout', 'Renamed'] }],
    ['has its code', coded('E1'), { code: 'E1', retriable: true }, { names: ['Error'], code: 'E1' }],
    ['has a code that is a number for lists only', coded(404), { code: 'Error' }, { names: ['Error'], code: '404' }],
    ['has no code that is empty', coded(''), { code: 'Error' }, { names: ['Error'] }],
    ['need be no error', 'plain', { code: 'Error', message: 'plain', retriable: true }, { names: ['Error'] }],
    ['is believed when it says yes', retriable('Busy', 'x'), { code: 'Busy', retriable: true }, undefined],
    ['is believed when it says no', nonRetriable('Gone', 'x'), { code: 'Gone', retriable: false }, undefined],
  ])('%s', (_, thrown, error, known) => {
    const failed = failedBy(thrown)
    expect(failed.error).toMatchObject(error)
    if (!known) return expect(failed).not.toHaveProperty('thrown')
    expect({ ...failed.thrown, names: [...new Set(failed.thrown?.names)] }).toEqual(known)
  })

  test.each([[new Error('')], [new Error()], ['']])(
    'is Empty and not worth a repeat when it says nothing at all: %j',
    (thrown) => {
      expect(failedBy(thrown)).toEqual({ came: 'failed', error: { code: 'Empty', message: '', retriable: false } })
    },
  )

  test.each<readonly [string, unknown, boolean]>([
    ['a code', coded('E1', ''), true],
    ['a name', new RangeError(''), true],
    ['a class', new Locked(''), true],
    ['a yes', retriable('Busy', ''), true],
    ['a no', nonRetriable('Gone', ''), false],
  ])('is not Empty when it has %s, though no message', (_, thrown, isRetriable) => {
    const { error } = failedBy(thrown)
    expect(error.code).not.toBe('Empty')
    expect(error).toMatchObject({ message: '', retriable: isRetriable })
  })
})

describe('an answer of a handler that nobody has checked', () => {
  const caught = new Error('by Ada') as unknown as string
  test.each<readonly [string, unknown, object]>([
    ['a caught error says why: retryLater', retryLater(caught), { error: { code: 'RetryLater', message: 'by Ada' } }],
    ['giveUp', giveUp(caught, 7 as unknown as string), { error: { code: '7', message: 'by Ada' } }],
    ['conflict', conflict(caught), { error: { code: 'Conflict', message: 'by Ada' } }],
    ['snooze', snooze('1s', caught), { came: 'snoozed', reason: 'by Ada' }],
    ['wait', wait('1s', caught), { came: 'waiting', reason: 'by Ada' }],
    ['no reason at all', retryLater(undefined as unknown as string), { error: { code: 'RetryLater', message: '' } }],
    ['a word of another version', { ...giveUp('no'), outcome: 'ponder' }, { error: { code: 'NotAnAnswer', retriable: false } }],
  ])('%s', (_, answer, result) => expect(resultOf(answer)).toMatchObject(result))
})

describe('a list of retriable errors', () => {
  const under = (list: string, result: ReturnType<typeof failedBy>) => {
    const retriable = readRetriable(list)
    if (!Array.isArray(retriable)) throw new Error(`${list} is no list`)
    const row = { ...rowIn('running'), retry: { policy: 'fixed' as const, waitMs: 1, attempts: 9, retriable } }
    return settle(row, claimOf(row), result, { at: NOON, by: 'worker:w1' }, RETENTION_MS)
  }

  test.each<readonly [string, string, ReturnType<typeof failedBy>, 'retry' | 'fail']>([
    ['tries what is on it again', 'Locked', failedBy(new Locked('oh')), 'retry'],
    ['and what has the code', 'Error:E1', failedBy(coded('E1')), 'retry'],
    ['and not what has another', 'Error:E1', failedBy(coded('E2')), 'fail'],
    ['and nothing else', 'Locked', failedBy(new TypeError('oh')), 'fail'],
    ['tries nothing again when it is empty', '', failedBy(new Locked('oh')), 'fail'],
    ['is outranked by an error that says yes', '', failedBy(retriable('Busy', 'x')), 'retry'],
    ['is outranked by an error that says no', 'Gone', failedBy(nonRetriable('Gone', 'x')), 'fail'],
    ['is outranked by an error without a word', 'Error;Empty', failedBy(new Error('')), 'fail'],
    ['is asked about a timeout as about any error', 'Locked', timedOut(1_000), 'fail'],
    ['may have the timeout on it', 'Locked;Timeout', timedOut(1_000), 'retry'],
  ])('%s', (_, list, result, name) => expect(under(list, result)).toMatchObject({ name }))

  test('says so where it makes an error final', () =>
    expect(under('Locked', failedBy(new TypeError('oh')))).toMatchObject({
      error: { code: 'TypeError', message: 'oh', retriable: false },
      final: 'not on the list of retriable errors',
    }))
})
