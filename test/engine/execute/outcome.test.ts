import { describe, expect, test } from 'vitest'
import { conflict, giveUp, nonRetriable, retriable, retryLater, snooze, wait } from '../../../core/define.ts'
import { LIMITS } from '../../../core/limits.ts'
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

describe('a thrown value', () => {
  test.each<readonly [string, unknown, object, object | undefined]>([
    ['has its name', new TypeError('oh'), { code: 'TypeError', message: 'oh', retriable: true }, { names: ['TypeError'] }],
    ['has the name of its class too', new Locked('oh'), { code: 'Error' }, { names: ['Error', 'Locked'] }],
    ['can have another name than its class', new Renamed('oh'), { code: 'LockTimeout' }, { names: ['LockTimeout', 'Renamed'] }],
    ['has its code', coded('E1'), { code: 'E1', retriable: true }, { names: ['Error'], code: 'E1' }],
    ['has a numeric code only for lists', coded(404), { code: 'Error' }, { names: ['Error'], code: '404' }],
    ['has no empty code', coded(''), { code: 'Error' }, { names: ['Error'] }],
    ['can be a text', 'plain', { code: 'Error', message: 'plain', retriable: true }, { names: ['Error'] }],
    [
      'is retriable when its handler marked it as retriable',
      retriable('Busy', 'x'),
      { code: 'Busy', retriable: true },
      undefined,
    ],
    [
      'is not retriable when its handler marked it as not retriable',
      nonRetriable('Gone', 'x'),
      { code: 'Gone', retriable: false },
      undefined,
    ],
  ])('%s', (_, thrown, error, known) => {
    const failed = failedBy(thrown)
    expect(failed.error).toMatchObject(error)
    if (!known) return expect(failed).not.toHaveProperty('thrown')
    expect({ ...failed.thrown, names: [...new Set(failed.thrown?.names)] }).toEqual(known)
  })

  test.each([[new Error('')], [new Error()], ['']])('is Empty and not retriable without any text: %j', (thrown) => {
    expect(failedBy(thrown)).toEqual({ outcome: 'failed', error: { code: 'Empty', message: '', retriable: false } })
  })

  test.each<readonly [string, unknown, boolean]>([
    ['a code', coded('E1', ''), true],
    ['a name', new RangeError(''), true],
    ['a class', new Locked(''), true],
    ['retriable: true', retriable('Busy', ''), true],
    ['retriable: false', nonRetriable('Gone', ''), false],
  ])('without a message is not Empty when it has %s', (_, thrown, isRetriable) => {
    const { error } = failedBy(thrown)
    expect(error.code).not.toBe('Empty')
    expect(error).toMatchObject({ message: '', retriable: isRetriable })
  })
})

describe('a result of an untyped handler', () => {
  const caught = new Error('by Ada') as unknown as string
  test.each<readonly [string, unknown, object]>([
    ['a caught error as the reason: retryLater', retryLater(caught), { error: { code: 'RetryLater', message: 'by Ada' } }],
    ['giveUp', giveUp(caught, 7 as unknown as string), { error: { code: '7', message: 'by Ada' } }],
    ['conflict', conflict(caught), { error: { code: 'Conflict', message: 'by Ada' } }],
    ['snooze', snooze('1s', caught), { outcome: 'snoozed', reason: 'by Ada' }],
    ['wait', wait('1s', caught), { outcome: 'waiting', reason: 'by Ada' }],
    ['no reason at all', retryLater(undefined as unknown as string), { error: { code: 'RetryLater', message: '' } }],
    [
      'an outcome of another version',
      { ...giveUp('no'), outcome: 'ponder' },
      { error: { code: 'NotAnAnswer', retriable: false } },
    ],
  ])('%s', (_, answer, result) => expect(resultOf(answer)).toMatchObject(result))
})

describe('a delay', () => {
  const { snoozeLeastMs: least, snoozeMostMs: most } = LIMITS
  test.each([
    [0, least],
    [0.5, least],
    [least - 1, least],
    [least, least],
    [least + 0.2, least + 1],
    [most, most],
  ])('of a snooze of %d ms is %d ms', (given, delayMs) => {
    expect(resultOf(snooze(given))).toEqual({ outcome: 'snoozed', delayMs })
  })

  test.each<readonly [string, unknown]>([
    ['a snooze', snooze(most + 1)],
    ['a snooze below zero', snooze(-1)],
    ['a wait', wait(most + 1)],
    ['a retry', retryLater('later', most + 1)],
  ])('out of bounds fails the task: %s', (_, answer) => {
    expect(resultOf(answer)).toMatchObject({ outcome: 'failed', error: { code: 'BadDelay', retriable: false } })
  })

  test('of a wait may be short, because a wait that is over ends the task', () => {
    expect(resultOf(wait(0))).toEqual({ outcome: 'waiting', forMs: 0 })
  })

  test('lets the snoozes of a task last a quarter of an hour at least', () => {
    expect(LIMITS.snoozesCount * least).toBeGreaterThanOrEqual(900_000)
    expect(most).toBe(LIMITS.horizonMs)
  })
})

describe('a list of retriable errors', () => {
  const under = (list: string, result: ReturnType<typeof failedBy>) => {
    const retriable = readRetriable(list)
    if (!Array.isArray(retriable)) throw new Error(`${list} is no list`)
    const row = { ...rowIn('running'), retry: { policy: 'fixed' as const, waitMs: 1, attempts: 9, retriable } }
    return settle(row, claimOf(row), result, { at: NOON, by: 'worker:w1' }, RETENTION_MS)
  }

  test.each<readonly [string, string, ReturnType<typeof failedBy>, 'retry' | 'fail']>([
    ['retries an error on it', 'Locked', failedBy(new Locked('oh')), 'retry'],
    ['retries an error with its code', 'Error:E1', failedBy(coded('E1')), 'retry'],
    ['does not retry an error with another code', 'Error:E1', failedBy(coded('E2')), 'fail'],
    ['does not retry an error that is not on it', 'Locked', failedBy(new TypeError('oh')), 'fail'],
    ['retries nothing when it is empty', '', failedBy(new Locked('oh')), 'fail'],
    ['does not apply to an error with retriable: true', '', failedBy(retriable('Busy', 'x')), 'retry'],
    ['does not apply to an error with retriable: false', 'Gone', failedBy(nonRetriable('Gone', 'x')), 'fail'],
    ['does not apply to an empty error', 'Error;Empty', failedBy(new Error('')), 'fail'],
    ['applies to a timeout as to any error', 'Locked', timedOut(1_000), 'fail'],
    ['can include the timeout', 'Locked;Timeout', timedOut(1_000), 'retry'],
  ])('%s', (_, list, result, name) => expect(under(list, result)).toMatchObject({ name }))

  test('gives the reason where it makes an error final', () =>
    expect(under('Locked', failedBy(new TypeError('oh')))).toMatchObject({
      error: { code: 'TypeError', message: 'oh', retriable: false },
      final: 'not on the list of retriable errors',
    }))
})
