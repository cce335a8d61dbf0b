import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { consequences } from '../../core/consequences.ts'
import type { Row } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import { keyText } from '../../core/row/key.ts'
import { itemKey, toItem } from '../../worlds/aws/dynamo/item.ts'
import { row } from '../contract/row-arbitraries.ts'
import { aTask, aTenant } from '../contract/rows.ts'
import { hearingOf } from './filters.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const [table] = Object.keys(resourcesOf(template, 'AWS::DynamoDB::Table'))

describe.each([
  ['the relay', 'Relay'],
  ['the publisher', 'Publish'],
])('%s', (_, name) => {
  const { Properties: mapping } = theOne(template, 'AWS::Lambda::EventSourceMapping', new RegExp(`^Carillon${name}`))
  const [deadLetters] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', new RegExp(`^Carillon${name}DeadLetters`)))
  const [listener] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function', new RegExp(`^Carillon${name}`)))

  test("hears the table's stream", () =>
    expect([mapping.EventSourceArn, mapping.FunctionName]).toEqual([{ 'Fn::GetAtt': [table, 'StreamArn'] }, { Ref: listener }]))
  test('misses nothing that was written before it listened', () => expect(mapping.StartingPosition).toBe('TRIM_HORIZON'))
  test('halves a batch that fails', () => expect(mapping.BisectBatchOnFunctionError).toBe(true))
  test('tries a bounded number of times', () => expect(mapping.MaximumRetryAttempts).toBe(LIMITS.relayTriesCount))
  test('names a dead batch on a dead-letter queue of its own', () =>
    expect(mapping.DestinationConfig).toEqual({ OnFailure: { Destination: { 'Fn::GetAtt': [deadLetters, 'Arn'] } } }))
  test('handles several batches of a shard at once', () => expect(mapping.ParallelizationFactor).toBe(LIMITS.relayParallelCount))
  test('says how far it came in a batch', () => expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']))
  test('waits for no batch to fill', () => expect(mapping.MaximumBatchingWindowInSeconds).toBe(0))
})

test('two hear the stream and no third one, because DynamoDB throttles more', () => {
  const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'))
  const stream = JSON.stringify({ 'Fn::GetAtt': [table, 'StreamArn'] })
  expect(mappings.filter(({ Properties }) => JSON.stringify(Properties.EventSourceArn) === stream)).toHaveLength(2)
})

describe('what the relay hears', () => {
  const isHeard = hearingOf(template, 'Relay')
  const recordOf = (eventName: string, partition: string) => ({ eventName, dynamodb: { Keys: itemKey(partition) } })

  test('each change from which something follows, removals as well', () =>
    fc.assert(
      fc.property(row, (it) => {
        fc.pre(consequences(undefined, it).length + consequences(it, undefined).length > 0)
        expect(isHeard(recordOf('INSERT', keyText(it)))).toBe(true)
        expect(isHeard(recordOf('REMOVE', keyText(it)))).toBe(true)
      }),
    ))

  test.each([
    'document/acme/a/input-1',
    'line/acme/key.a',
    'operations/acme/acme',
    'touched/acme/a',
    'audit/acme/acme',
    'unique/acme/a',
  ])('nothing of %s', (partition) => expect(isHeard(recordOf('INSERT', partition))).toBe(false))
})

const image = (row: Row) => toItem(row)
const wanting = (events: 'none' | 'terminal' | 'all') => aTask('acme', 'a', { events })

describe('what the publisher hears', () => {
  const isHeard = hearingOf(template, 'Publish')

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
