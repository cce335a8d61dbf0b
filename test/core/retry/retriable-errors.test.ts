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
    ['has what it names', 'A;B', { names: ['B'] }, true],
    ['has not what it does not name', 'A;B', { names: ['C'] }, false],
    ['has every code of a name without one', 'A', { names: ['A'], code: 'E1' }, true],
    ['has only the code that it names', 'A:E1', { names: ['A'], code: 'E2' }, false],
    ['has that code', 'A:E1', { names: ['A'], code: 'E1' }, true],
    ['wants a code where it names one', 'A:E1', { names: ['A'] }, false],
    ['takes several codes of one name', 'A:E1;A:E2', { names: ['A'], code: 'E2' }, true],
    ['knows an error by any of its names', 'Sub', { names: ['Error', 'Sub'] }, true],
    ['tells capitals from small letters', 'a', { names: ['A'] }, false],
    ['minds no blanks and no empty entries', ' A : E1 ; ; ', { names: ['A'], code: 'E1' }, true],
    ['takes a colon within a code', 'A:ns:E1', { names: ['A'], code: 'ns:E1' }, true],
    ['has nothing when it is empty', '', { names: ['Error'] }, false],
  ])('%s', (_, text, thrown, is) => expect(listed(text, thrown)).toBe(is))
})
