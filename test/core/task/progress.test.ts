import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { fitProgress, notesName } from '../../../core/task/progress.ts'

const thrower = () => {
  throw new Error('no')
}
const text = (count: number): string => 'x'.repeat(count)
const counters = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, index]))
const { progressTextCount, countersCount, counterNameCount } = LIMITS
const COUNTER_RULE = `a counter must be a number with a name of 1 to ${counterNameCount} characters; others were dropped`

describe('progress', () => {
  test.each<readonly [string, unknown]>([
    ['nothing', {}],
    ['all of it', { percent: 40, text: 'copying', counters: { tables: 120 } }],
    ['the least', { percent: 0, text: '', counters: {} }],
    ['the most', { percent: 100, text: text(progressTextCount), counters: counters(countersCount) }],
    ['the longest name of a counter', { counters: { [text(counterNameCount)]: 1 } }],
    ['a fraction', { percent: 0.5, counters: { share: -0.5 } }],
  ])('within its bounds stays as it is: %s', (_, given) => {
    expect(fitProgress(given)).toEqual({ progress: given, changes: [] })
  })

  test.each<readonly [string, unknown, object, readonly (readonly [path: string, message: string])[]]>([
    ['a text', 'half', {}, [['', 'progress is half; it must be an object, and was dropped']]],
    ['null', null, {}, [['', 'progress is null; it must be an object, and was dropped']]],
    [
      'unknown fields: the first is named',
      { percent: 1, done: 1, left: 2 },
      { percent: 1 },
      [['/done', 'a field that progress does not have was dropped']],
    ],
    ['too much', { percent: 140 }, { percent: 100 }, [['/percent', '140 is not 0 to 100; 100 is shown']]],
    ['too little', { percent: -1 }, { percent: 0 }, [['/percent', '-1 is not 0 to 100; 0 is shown']]],
    ['a text as a percentage', { percent: '40' }, {}, [['/percent', '40 is not a number, and was dropped']]],
    ['no number as a percentage', { percent: Number.NaN }, {}, [['/percent', 'NaN is not a number, and was dropped']]],
    ['a number as the text', { text: 5 }, { text: '5' }, [['/text', 'it is not a text; it is shown as one']]],
    [
      'a long text',
      { text: text(progressTextCount + 1) },
      { text: text(progressTextCount) },
      [['/text', `it has ${progressTextCount + 1} characters; the first ${progressTextCount} are shown`]],
    ],
    ['a text as the counters', { counters: 'many' }, {}, [['/counters', 'many is not an object, and was dropped']]],
    ['null as the counters', { counters: null }, {}, [['/counters', 'null is not an object, and was dropped']]],
    ['a counter without a name', { counters: { '': 1, a: 2 } }, { counters: { a: 2 } }, [['/counters', COUNTER_RULE]]],
    [
      'a counter with a long name',
      { counters: { [text(counterNameCount + 1)]: 1, a: 2 } },
      { counters: { a: 2 } },
      [['/counters', COUNTER_RULE]],
    ],
    ['a counter that is no number', { counters: { b: '1', a: 2 } }, { counters: { a: 2 } }, [['/counters', COUNTER_RULE]]],
    [
      'too many counters',
      { counters: counters(countersCount + 1) },
      { counters: counters(countersCount) },
      [['/counters', `there are ${countersCount + 1} counters; the first ${countersCount} are shown`]],
    ],
    [
      'a percentage that cannot be read',
      {
        get percent() {
          return thrower()
        },
        text: 'a',
      },
      { text: 'a' },
      [],
    ],
    ['counters whose names cannot be read', { counters: new Proxy({}, { ownKeys: thrower }) }, { counters: {} }, []],
  ])('beyond them is fitted, and each change is named: %s', (_, given, progress, changes) => {
    expect(fitProgress(given)).toEqual({ progress, changes: changes.map(([path, message]) => ({ path, message })) })
  })

  test('that is long is named in few words', () => {
    const [change] = fitProgress({ percent: text(10_000) }).changes
    expect(change?.message).toBe(`${text(LIMITS.reasonCount)} is not a number, and was dropped`)
  })
})

test('the notes of a claim have a name of their own', () => expect(notesName('w1')).toBe('nw1'))
