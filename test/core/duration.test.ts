import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../../core/duration.ts'

describe('durations', () => {
  it.each([
    ['0s', 0],
    ['1ms', 1],
    ['90s', 90_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
    ['1h30m', 5_400_000],
    ['30m1h', 5_400_000],
    ['1m1ms', 60_001],
    ['007s', 7_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([
    '',
    '5',
    's',
    '-5s',
    '+5s',
    '1.5h',
    '5 s',
    ' 5s',
    '5s ',
    '5S',
    '5M',
    '5w',
    '5y',
    '1e3s',
    '5sm',
    'PT5M',
    '٥s',
    '5s\n',
    '1h-5m',
  ])('%j is not a duration', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  it('are refused above the largest safe integer', () => {
    expect(parseDuration('999999999999d')).toBeUndefined()
    expect(parseDuration('9007199254740991ms')).toBeUndefined()
    expect(parseDuration('104249991d')).toBe(104_249_991 * 86_400_000)
    expect(parseDuration('104249992d')).toBeUndefined()
  })

  it.each([
    [0, '0s'],
    [1, '1ms'],
    [90_000, '1m30s'],
    [5_400_000, '1h30m'],
    [604_800_000, '7d'],
    [86_400_001, '1d1ms'],
  ])('%d ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('are written and read back as the same number', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (ms) => parseDuration(formatDuration(ms)) === ms))
  })

  it('are the sum of their parts, in any order', () => {
    const part = fc.tuple(fc.nat(999_999), fc.constantFrom('ms', 's', 'm', 'h', 'd'))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const sum = parts.reduce((total, [count, unit]) => total + (parseDuration(`${count}${unit}`) ?? Number.NaN), 0)
        expect(parseDuration(parts.map(([count, unit]) => `${count}${unit}`).join(''))).toBe(sum)
      }),
    )
  })
})
