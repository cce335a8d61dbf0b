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

const [pattern, ...others] = filterOf('Publish').Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern))
const image = (row: Row) => toItem(row)
const wanting = (events: 'none' | 'terminal' | 'all') => aTask('acme', 'a', { events })

describe('what the publisher hears', () => {
  test('is said by one filter', () => expect(others).toEqual([]))

  test.each(['terminal', 'all'] as const)('each change of a task that wants %s events', (level) => {
    const row = wanting(level)
    expect(matches(pattern, { eventName: 'INSERT', dynamodb: { NewImage: image(row) } })).toBe(true)
    expect(matches(pattern, { eventName: 'MODIFY', dynamodb: { OldImage: image(row), NewImage: image(row) } })).toBe(true)
  })

  test.each<readonly [string, Row]>([
    ['a task that wants none', wanting('none')],
    ['a task that never said', aTask('acme', 'a')],
    ['a tenant', aTenant('acme')],
  ])('no change of %s', (_, row) =>
    expect(matches(pattern, { eventName: 'INSERT', dynamodb: { NewImage: image(row) } })).toBe(false),
  )

  test('no row that is forgotten', () =>
    expect(matches(pattern, { eventName: 'REMOVE', dynamodb: { OldImage: image(wanting('all')) } })).toBe(false))

  test('no document', () =>
    expect(matches(pattern, { eventName: 'INSERT', dynamodb: { NewImage: { pk: { S: 'document/a' } } } })).toBe(false))
})

test('the relay hears everything', () => expect(filterOf('Relay')).toBeUndefined())
