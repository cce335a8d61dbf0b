import { describe, expect, test } from 'vitest'
import { isRefusal } from '../../../core/refusal.ts'
import { isListed, readRetriable, type ThrownError } from '../../../core/retry/retriable-errors.ts'

const listed = (text: string, thrown: ThrownError): boolean => {
  const list = readRetriable(text)
  if (isRefusal(list)) throw new Error(list.message)
  return isListed(list, thrown)
}

describe('a list of retriable errors', () => {
  test.each<readonly [string, string, ThrownError, boolean]>([
    ['matches a listed name', 'A;B', { names: ['B'] }, true],
    ['does not match another name', 'A;B', { names: ['C'] }, false],
    ['matches every code when the entry has none', 'A', { names: ['A'], code: 'E1' }, true],
    ['does not match another code', 'A:E1', { names: ['A'], code: 'E2' }, false],
    ['matches the listed code', 'A:E1', { names: ['A'], code: 'E1' }, true],
    ['does not match an error without code when the entry has one', 'A:E1', { names: ['A'] }, false],
    ['matches several codes of one name', 'A:E1;A:E2', { names: ['A'], code: 'E2' }, true],
    ['matches an error by any of its names', 'Sub', { names: ['Error', 'Sub'] }, true],
    ['is case-sensitive', 'a', { names: ['A'] }, false],
    ['ignores spaces and empty entries', ' A : E1 ; ; ', { names: ['A'], code: 'E1' }, true],
    ['allows a colon within a code', 'A:ns:E1', { names: ['A'], code: 'ns:E1' }, true],
    ['matches no error when it is empty', '', { names: ['Error'] }, false],
  ])('%s', (_, text, thrown, is) => expect(listed(text, thrown)).toBe(is))
})
