import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { consequences } from '../../core/consequences.ts'
import type { Row } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import { keyText } from '../../core/row/key.ts'
import { itemKey, toItem } from '../../worlds/aws/dynamo/item.ts'
import { row } from '../contract/row-arbitraries.ts'
import { aTask, aTenant } from '../contract/rows.ts'
import { filtersOf } from './filters.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const [table] = Object.keys(resourcesOf(template, 'AWS::DynamoDB::Table'))

describe.each([
  ['the relay', 'Relay'],
  ['the publisher', 'Publish'],
])('%s', (_, name) => {
  const { Properties: mapping } = theOne(template, 'AWS::Lambda::EventSourceMapping', new RegExp(`^Carillon${name}`))
  const [deadLetters] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /DeadLetter/))
  const [consumer] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function', new RegExp(`^Carillon${name}`)))

  test("consumes the table's stream", () =>
    expect([mapping.EventSourceArn, mapping.FunctionName]).toEqual([{ 'Fn::GetAtt': [table, 'StreamArn'] }, { Ref: consumer }]))
  test('starts at the oldest record, so that earlier changes are delivered', () =>
    expect(mapping.StartingPosition).toBe('TRIM_HORIZON'))
  test('halves a batch that fails', () => expect(mapping.BisectBatchOnFunctionError).toBe(true))
  test('limits the number of retries', () => expect(mapping.MaximumRetryAttempts).toBe(LIMITS.relayTriesCount))
  test('sends the positions of failed batches to the dead-letter queue', () =>
    expect(mapping.DestinationConfig).toEqual({ OnFailure: { Destination: { 'Fn::GetAtt': [deadLetters, 'Arn'] } } }))
  test('handles several batches of a shard concurrently', () =>
    expect(mapping.ParallelizationFactor).toBe(LIMITS.relayParallelCount))
  test('reports the first failed record of a batch', () =>
    expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']))
  test('does not wait for a batch to fill', () => expect(mapping.MaximumBatchingWindowInSeconds).toBe(0))
})

test('the stream has two consumers, because DynamoDB throttles more', () => {
  const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'))
  const stream = JSON.stringify({ 'Fn::GetAtt': [table, 'StreamArn'] })
  expect(mappings.filter(({ Properties }) => JSON.stringify(Properties.EventSourceArn) === stream)).toHaveLength(2)
})

describe('the filters of the relay match', () => {
  const matches = filtersOf(template, 'Relay')
  const recordOf = (eventName: string, partition: string) => ({ eventName, dynamodb: { Keys: itemKey(partition) } })

  test('each change with consequences, removals included', () =>
    fc.assert(
      fc.property(row, (it) => {
        fc.pre(consequences(undefined, it).length + consequences(it, undefined).length > 0)
        expect(matches(recordOf('INSERT', keyText(it)))).toBe(true)
        expect(matches(recordOf('REMOVE', keyText(it)))).toBe(true)
      }),
    ))

  test.each([
    'document/acme/a/input-1',
    'waitlist/acme/key.a',
    'operations/acme/acme',
    'results/acme/op1',
    'audit/acme/acme',
    'unique/acme/a',
  ])('no record of %s', (partition) => expect(matches(recordOf('INSERT', partition))).toBe(false))
})

const image = (row: Row) => toItem(row)
const withEvents = (events: 'none' | 'terminal' | 'all') => aTask('acme', 'a', { events })

describe('the filters of the publisher match', () => {
  const matches = filtersOf(template, 'Publish')

  test.each(['terminal', 'all'] as const)('each change of a task with the event level %s', (level) => {
    const row = withEvents(level)
    expect(matches({ eventName: 'INSERT', dynamodb: { NewImage: image(row) } })).toBe(true)
    expect(matches({ eventName: 'MODIFY', dynamodb: { OldImage: image(row), NewImage: image(row) } })).toBe(true)
  })

  test.each<readonly [string, Row]>([
    ['a task with the event level none', withEvents('none')],
    ['a task without an event level', aTask('acme', 'a')],
    ['a tenant', aTenant('acme')],
  ])('no change of %s', (_, row) => expect(matches({ eventName: 'INSERT', dynamodb: { NewImage: image(row) } })).toBe(false))

  test.each([
    ['all', true],
    ['terminal', false],
    ['none', false],
  ] as const)('the removal of a task with the event level %s: %s', (level, matching) =>
    expect(matches({ eventName: 'REMOVE', dynamodb: { OldImage: image(withEvents(level)) } })).toBe(matching),
  )

  test('no record of a document', () =>
    expect(matches({ eventName: 'INSERT', dynamodb: { NewImage: { pk: { S: 'document/a' } } } })).toBe(false))
})
