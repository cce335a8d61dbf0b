import { describe, expect, test } from 'vitest'
import { readOnFailure } from '../../../core/reading/on-failure.ts'

const FORM = 'the name of a task type, or {"type": name, "input": the input of the failure task}'

describe('an onFailure of an option or a variable', () => {
  test.each<readonly [unknown, unknown]>([
    ['notify', 'notify'],
    [{ type: 'notify' }, { type: 'notify' }],
    [
      { type: 'http', input: { url: 'x' } },
      { type: 'http', input: { url: 'x' } },
    ],
    ['{"type":"http","input":{"url":"x"}}', { type: 'http', input: { url: 'x' } }],
    [' \n{"type":"http"}', { type: 'http' }],
  ])('is read: %j', (given, value) => expect(readOnFailure('CARILLON_ON_FAILURE', given)).toEqual(value))

  test.each<readonly [unknown, string]>([
    ['', `X is ""; it must be ${FORM}. the request: "" has 0 characters; it must have at least 1`],
    [5, `X is 5; it must be ${FORM}. the request: 5; it must be ${FORM}`],
    [{ kind: 1 }, `X is {"kind":1}; it must be ${FORM}. /type: missing; it must be a string`],
    [
      '{"type":',
      `X is "{\\"type\\":"; it must be ${FORM}. the value is not JSON: at offset 8 (line 1, column 9) the text ends too early`,
    ],
  ])('is refused: %j', (given, message) => expect(() => readOnFailure('X', given)).toThrow(new TypeError(message)))
})
