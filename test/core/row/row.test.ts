import { describe, expect, test } from 'vitest'
import { keyPrefix, keyText, partsOf, refOf } from '../../../core/row/key.ts'
import { timePlace } from '../../../core/row/list.ts'
import { decodeNudge } from '../../../core/row/nudge.ts'
import { comparePlaces } from '../../../core/row/place.ts'
import { controlWakeups, wakeupChanges } from '../../../core/row/wakeups.ts'

describe('the names of a row', () => {
  test('have its parts, separated by slashes', () => {
    expect(keyText({ kind: 'gate', tenant: 'acme', id: 'key.a' })).toBe('gate/acme/key.a')
    expect(keyPrefix('gate')).toBe('gate/')
    expect(refOf({ tenant: 'acme', id: 'a1' })).toBe('acme/a1')
  })

  test('can be read, also when a part is missing', () => {
    expect(partsOf('acme/a1')).toEqual({ tenant: 'acme', id: 'a1' })
    expect(partsOf('acme')).toEqual({ tenant: 'acme', id: '' })
    expect(partsOf('')).toEqual({ tenant: '', id: '' })
  })
})

test('places are in the order of their times, and at one time of their ids', () => {
  const places = [
    { at: 2, id: 'a' },
    { at: 1, id: 'c' },
    { at: 1, id: 'a' },
    { at: 1, id: 'b' },
  ]
  expect(places.toSorted(comparePlaces).map(({ at, id }) => `${at}${id}`)).toEqual(['1a', '1b', '1c', '2a'])
  expect(
    places
      .toReversed()
      .sort(comparePlaces)
      .map(({ at, id }) => `${at}${id}`),
  ).toEqual(['1a', '1b', '1c', '2a'])
  expect(comparePlaces({ at: 1, id: 'a' }, { at: 1, id: 'a' })).toBe(0)
})

test.each<readonly [number, readonly (string | number)[], string]>([
  [250, ['task.a', 3], '0000000000000250#task.a#3'],
  [0.5, [], '0000000000000001'],
  [-5, ['x'], '0000000000000000#x'],
])('the position of time %j with %j is %s', (at, apart, place) => expect(timePlace(at, ...apart)).toBe(place))

describe('a message', () => {
  const nudge = { kind: 'task', tenant: 'acme', id: 'task1', epoch: 1, lane: 'normal', dueAt: 5 }

  test('is a nudge with all its fields', () => {
    expect(decodeNudge(JSON.stringify(nudge))).toEqual(nudge)
    expect(decodeNudge(JSON.stringify({ ...nudge, unstored: 'w1' }))).toEqual({ ...nudge, unstored: 'w1' })
  })

  test.each(['kind', 'tenant', 'id', 'lane', 'unstored'])('with an empty %s is none', (name) => {
    expect(decodeNudge(JSON.stringify({ ...nudge, [name]: '' }))).toBeUndefined()
  })
})

describe('a row on the control lane', () => {
  const row = { kind: 'operation', tenant: 'acme', id: 'op1', epoch: 1, updatedAt: 0, dueAt: 5 }
  const far = { ...row, dueAt: 3_600_000 }
  const ended = (({ dueAt: _, ...rest }) => rest)(row)
  const send = (epoch: number, dueAt: number) => ({
    kind: 'send',
    nudge: { kind: 'operation', tenant: 'acme', id: 'op1', epoch, lane: 'control', dueAt },
  })
  const name = expect.stringMatching(/^operation-.*-1$/)

  test('is woken by a message, or by a timer when its time is far', () => {
    expect(controlWakeups(row)).toEqual([send(1, 5)])
    expect(controlWakeups(far)).toEqual([{ kind: 'arm', name, nudge: send(1, 3_600_000).nudge }])
    expect(controlWakeups(ended)).toEqual([])
  })

  test.each<readonly [string, Parameters<typeof wakeupChanges>, readonly object[]]>([
    ['its creation wakes it', [undefined, row], [send(1, 5)]],
    ['a change in the same epoch does not', [row, { ...row, dueAt: 6 }], []],
    ['a new epoch does', [row, { ...row, epoch: 2 }], [send(2, 5)]],
    ['a new epoch disarms the timer of the old one', [far, { ...row, epoch: 2 }], [{ kind: 'disarm', name }, send(2, 5)]],
    ['its end disarms the timer', [far, ended], [{ kind: 'disarm', name }]],
    ['its end after a message has no effect', [row, ended], []],
    ['a new wake-up after none has nothing to disarm', [ended, { ...row, epoch: 2 }], [send(2, 5)]],
    ['its deletion has no effect', [far, undefined], []],
  ])('%s', (_, [before, after], effects) => expect(wakeupChanges(before, after)).toEqual(effects))
})
