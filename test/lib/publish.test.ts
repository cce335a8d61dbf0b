import { describe, expect, test } from 'vitest'
import type { Row } from '../../core/kinds.ts'
import { toItem } from '../../worlds/aws/dynamo-item.ts'
import { aTask, aTenant } from '../contract/rows.ts'
import { templateOf, theOne } from './synth.ts'

const template = templateOf()
const filterOf = (name: string) =>
  theOne(template, 'AWS::Lambda::EventSourceMapping', new RegExp(`^Carillon${name}`)).Properties.FilterCriteria

type Pattern = { readonly [field: string]: Pattern | readonly string[] }

/** Lambda's rule for the patterns that stand in the filter: every field named is there, with one of the values listed. */
const matches = (pattern: Pattern, record: unknown): boolean =>
  Object.entries(pattern).every(([field, wanted]) => {
    const value = Object(record)[field]
    return Array.isArray(wanted) ? wanted.includes(value) : matches(wanted as Pattern, value)
  })

const patterns: readonly Pattern[] = filterOf('Publish').Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern))
const isHeard = (record: object): boolean => patterns.some((pattern) => matches(pattern, record))
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

test('the relay hears everything', () => expect(filterOf('Relay')).toBeUndefined())
