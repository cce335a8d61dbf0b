import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { type RetryInput, readRetry, writeBounds } from '../../../core/retry/format.ts'

/** The values at the edge of each bound, which are valid, and the ones beyond it. */
const waits = (count: number): RetryInput => ({ policy: 'waits', waits: Array.from({ length: count }, () => '1s') })
const fixed = (more: Partial<RetryInput>): RetryInput => ({ policy: 'fixed', ...more })
const names = (count: number) => Array.from({ length: count }, (_, index) => `E${index}`).join(';')

describe('the bounds of a retry policy', () => {
  test.each<[string, RetryInput]>([
    ['the most waits', waits(LIMITS.attemptsCount - 1)],
    ['no jitter', fixed({ jitter: 0 })],
    ['full jitter', fixed({ jitter: 1 })],
    ['the most retriable errors', fixed({ retriable: names(LIMITS.retriableErrorsCount) })],
    ['the longest name', fixed({ retriable: 'n'.repeat(LIMITS.retriableNameCount) })],
    ['spaces around names and codes', fixed({ retriable: ' Busy ; Lost : Gone ' })],
    ['an undefined field of another policy', fixed({ maxWait: undefined })],
  ])('include %s', (_, written) => expect(readRetry(written)).toMatchObject({ policy: written.policy }))

  test.each<[string, RetryInput, string]>([
    ['one wait too many', waits(LIMITS.attemptsCount), '/waits'],
    ['less than no jitter', fixed({ jitter: -0.001 }), '/jitter'],
    ['more than full jitter', fixed({ jitter: 1.001 }), '/jitter'],
    ['one retriable error too many', fixed({ retriable: names(LIMITS.retriableErrorsCount + 1) }), '/retriable'],
    ['a longer name', fixed({ retriable: 'n'.repeat(LIMITS.retriableNameCount + 1) }), '/retriable'],
    ['a refused plan', fixed({ wait: 'soon' }), '/wait'],
  ])('exclude %s', (_, written, path) => expect(readRetry(written)).toMatchObject({ refused: 'invalid', path }))

  test('a name in a list of retriable errors loses the spaces around it', () =>
    expect(readRetry(fixed({ retriable: ' Busy ; Lost : Gone ' }))).toMatchObject({
      retriable: [{ name: 'Busy' }, { name: 'Lost', code: 'Gone' }],
    }))

  test('a message names the policies of a field and the fields of the policy', () =>
    expect(readRetry(fixed({ maxWait: '1m' }))).toMatchObject({
      message:
        'maxWait is a field of policy "exponential" only, not with "fixed". Fields of "fixed" are wait, attempts, maxAge, jitter, losses, retriable',
    }))

  test('absent bounds are not written', () => expect(writeBounds({})).toEqual({}))
})
