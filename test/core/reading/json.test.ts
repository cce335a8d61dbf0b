import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { readJson } from '../../../core/reading/json.ts'
import { isRefusal } from '../../../core/refusal.ts'

const refusal = (text: string) => {
  const read = readJson(text)
  if (!isRefusal(read)) throw new Error(`${text} was read as ${JSON.stringify(read.json)}`)
  return read
}

describe('a number', () => {
  test.each([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740991.000', 9007199254740991],
    ['900719925474099100e-2', 9007199254740991],
    ['9007199254740992e0', 9007199254740992],
    ['1e16', 1e16],
    ['1e21', 1e21],
    ['6.02214076E+23', 6.02214076e23],
    ['0e99999', 0],
    ['0.000e-400', 0],
    ['0.1', 0.1],
    ['0.10000000000000001', 0.1],
    ['0.12345678901234567890', 0.12345678901234568],
    ['5e-324', 5e-324],
  ])('%s is kept', (text, value) => expect(readJson(text)).toEqual({ json: value }))

  test('-0 is zero', () => expect(JSON.stringify(readJson('[-0,-0.0]'))).toBe('{"json":[0,0]}'))

  test.each([
    ['9007199254740993', '9007199254740992'],
    ['-9007199254740993', '-9007199254740992'],
    ['9007199254740993.0', '9007199254740992'],
    ['9.007199254740993e15', '9007199254740992'],
    ['9007199254740993000E-3', '9007199254740992'],
    ['12345678901234567890', '12345678901234567000'],
    ['18446744073709551615', '18446744073709552000'],
    ['123456789012345678901234567890e-5', '1.2345678901234568e+24'],
    ['9007199254740992.5', '9007199254740992'],
  ])('%s is refused, with what it would become', (text, value) => {
    const { path, message } = refusal(`{"list":[1,{"id":${text}}]}`)
    expect(path).toBe('/list/1/id')
    expect(message).toBe(
      `/list/1/id: ${text} would become ${value}, because JavaScript does not keep it exactly; write it as a text: "${text}"`,
    )
  })

  test.each(['9007199254740992', '-9007199254740992', '9007199254740994.0', '12345678901234567000', '100000000000000000000000'])(
    '%s is refused, although JavaScript writes it back: its sender may have lost the last digits',
    (text) =>
      expect(refusal(`[${text}]`).message).toBe(
        `/0: ${text} is beyond ±9007199254740991, up to which JavaScript keeps whole numbers exactly; write it as a text: "${text}"`,
      ),
  )

  test.each([
    ['1e400', /1e400 is a number above 1\.79.*; write it as a text: "1e400"/],
    ['-1e999', /above/],
    ['1'.repeat(400), /above/],
    ['1e-400', /1e-400 is so small that it would become 0; write it as a text/],
  ])('%s is refused', (text, message) => expect(refusal(text).message).toMatch(message))

  test('with an exponent is kept if JavaScript writes it back as the same value, and without one if it is safe', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const isKept = String(value).includes('e') || Math.abs(value) <= Number.MAX_SAFE_INTEGER
        expect(isRefusal(readJson(String(value)))).toBe(!isKept)
      }),
    )
    fc.assert(
      fc.property(bigInteger, fc.nat(5), (value, zeros) => {
        const read = readJson(`${value}${'0'.repeat(zeros)}e-${zeros}`)
        const written = isRefusal(read) ? undefined : String(read.json)
        // The double of a kept number is written back as that number.
        if (written !== undefined && !written.includes('e')) expect(written).toBe(String(value))
        expect(isRefusal(read)).toBe(!exactly(value))
      }),
    )
  })

  test('of a million characters is compared in linear time', () => {
    expect(readJson(`1${'0'.repeat(1_000_000)}1e-1000000`)).toEqual({ json: 10 })
    expect(isRefusal(readJson(`9007199254740993${'0'.repeat(1_000_000)}1e-1000000`))).toBe(true)
  })
})

/** No zero: with further zeros it is no JSON. */
const bigInteger = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).filter((value) => value !== 0n)

/** Is the number, with its trailing zeros, what JavaScript writes for its double? */
const exactly = (value: bigint): boolean => {
  const written = Number(value).toString()
  const [mantissa = '', power = '0'] = written.split('e+')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return BigInt(whole + fraction) * 10n ** BigInt(Number(power) - fraction.length) === value
}

describe('a field', () => {
  test.each([
    ['{"type":"a","type":"b"}', '/type'],
    ['{"a":1,"a":1}', '/a'],
    ['{"input":{"b":[0,{"a":1,"b":2,"a":3}]}}', '/input/b/1/a'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"\\ud83d\\ude00":1,"😀":2}', '/😀'],
    ['{"a/b~":1,"a\\/b~":2}', '/a~1b~0'],
    ['{"__proto__":1,"__proto__":2}', '/__proto__'],
    ['{"":1,"":2}', '/'],
    ['{"a" : {"a":[]} ,\n"a" : 1}', '/a'],
  ])('that is given twice is refused: %s', (text, path) => {
    expect(refusal(text)).toMatchObject({ refused: 'invalid', path })
    expect(refusal(text).message).toBe(`${path}: this field is given twice in its object; give it once`)
  })

  test.each(['{"a":{"a":1},"b":{"a":1}}', '[{"a":1},{"a":2}]', '{"a":"a","b":"a"}', '{"a":["a","a"]}', '{"a":"\\",\\"a\\":1"}'])(
    'of the same name elsewhere is no repetition: %s',
    (text) => expect(readJson(text)).toEqual({ json: JSON.parse(text) }),
  )

  test('named __proto__ is data', () => {
    const read = readJson('{"__proto__":{"polluted":true}}') as { readonly json: object }
    expect(Object.keys(read.json)).toEqual(['__proto__'])
    expect(({} as { polluted?: true }).polluted).toBeUndefined()
  })
})

test('every JSON text that JavaScript writes is read as JSON.parse reads it', () => {
  const json = fc.json({ maxDepth: 3, noUnicodeString: false })
  fc.assert(
    fc.property(json, (text) => {
      fc.pre(!/\d{16}/.test(text))
      expect(readJson(text)).toEqual({ json: JSON.parse(text) })
    }),
  )
})

test('a repeated field is found at every place of every text', () => {
  const value = fc.jsonValue({ maxDepth: 2 })
  fc.assert(
    fc.property(value, fc.string(), value, (around, name, inner) => {
      const field = `${JSON.stringify(name)}:${JSON.stringify(inner)}`
      const text = `{"around":${JSON.stringify(around)},"list":[[],{${field},${field}}]}`
      fc.pre(!/\d{16}/.test(text))
      expect(refusal(text).path?.startsWith('/list/1/')).toBe(true)
    }),
  )
})

test('a byte order mark is named', () => {
  expect(refusal('\uFEFF{"a":1}').message).toBe(
    'the body begins with a byte order mark (U+FEFF), an invisible character that JSON does not allow; send it as UTF-8 without a byte order mark',
  )
})

test.each(['\uFEFF{}', '[1', '[9007199254740993]'])('the refusal of %j is one of an invalid request', (text) => {
  expect(refusal(text)).toMatchObject({ refused: 'invalid', path: text.startsWith('[9') ? '/0' : '' })
})

test.each([
  ['9007199254740993', 'the body: 9007199254740993 would become'],
  ['[-]', 'the body is not JSON: at offset 2 (line 1, column 3) "]" is unexpected'],
])('the text itself is named where there is no path: %s', (text, message) => {
  expect(refusal(text).message.startsWith(message)).toBe(true)
})

test.each([
  ['{\u00a0"a":1}', 'the invisible character U+00A0 is unexpected'],
  ['[1,\u200b2]', 'the invisible character U+200B is unexpected'],
  ['[1,\ufeff2]', 'the invisible character U+FEFF is unexpected'],
  ['[1,\u007f2]', 'the invisible character U+007F is unexpected'],
  ['[1,\u00012]', '"\\u0001" is unexpected'],
  ['[1, 2', 'at offset 5 (line 1, column 6) the text ends too early'],
  ['', 'at offset 0 (line 1, column 1) the text ends too early'],
  ['[1,\n2', 'at offset 5 (line 2, column 2) the text ends too early'],
  ['[“a”]', '"“" is unexpected'],
  ['[😀]', '"😀" is unexpected'],
])('an unexpected character is shown, an invisible one by its code point: %j', (text, reason) =>
  expect(refusal(text).message.endsWith(reason)).toBe(true),
)

test('lists and objects are nested up to the limit', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  expect(isRefusal(readJson(nested(LIMITS.jsonDepthCount)))).toBe(false)
  const most = LIMITS.jsonDepthCount
  expect(refusal(nested(most + 1))).toEqual({
    refused: 'invalid',
    message: `/0/0/0: nested deeper than ${most} levels; use at most ${most}`,
    path: '/0/0/0',
  })
  expect(refusal(`${'{"a":'.repeat(most)}{}${'}'.repeat(most)}`).path).toBe('/a/a/a')
})
