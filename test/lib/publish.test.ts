import { describe, expect, test } from 'vitest'
import type { Row } from '../../core/kinds.ts'
import { toItem } from '../../worlds/aws/dynamo/item.ts'
import { aTask, aTenant } from '../contract/rows.ts'
import { hearingOf } from './filters.ts'
import { templateOf } from './synth.ts'

const isHeard = hearingOf(templateOf(), 'Publish')
const image = (row: Row) => toItem(row)
const wanting = (events: 'none' | 'terminal' | 'all') => aTask('acme', 'a', { events })

describe('what the publisher hears', () => {
  test.each(['terminal', 'all'] as const)('each change of a task that wants %s events', (level) => {
    const row = wanting(level)
    expect(isHeard({ eventName: 'INSERT', dynamodb: { NewImage: image(row) } })).toBe(true)
    expect(isHeard({ eventName: 'MODIFY', dynamodb: { OldImage: image(row), NewImage: image(row) } })).toBe(true)
  })

  test.each<readonly [string, Row]>([
    ['a task that wants none', wanting('none')],
    ['a task that never said', aTask('acme', 'a')],
    ['a tenant', aTenant('acme')],
  ])('no change of %s', (_, row) => expect(isHeard({ eventName: 'INSERT', dynamodb: { NewImage: image(row) } })).toBe(false))

  test.each([
    ['all', true],
    ['terminal', false],
    ['none', false],
  ] as const)('of a forgotten row that wanted %s events: %s', (level, heard) =>
    expect(isHeard({ eventName: 'REMOVE', dynamodb: { OldImage: image(wanting(level)) } })).toBe(heard),
  )

  test('no document', () =>
    expect(isHeard({ eventName: 'INSERT', dynamodb: { NewImage: { pk: { S: 'document/a' } } } })).toBe(false))
})
