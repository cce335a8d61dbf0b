import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const { Properties: mapping } = theOne(template, 'AWS::Lambda::EventSourceMapping', /^CarillonRelay/)
const [deadLetters] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /^CarillonRelayDeadLetters/))
const [table] = Object.keys(resourcesOf(template, 'AWS::DynamoDB::Table'))

describe('the relay', () => {
  test("hears the table's stream", () => expect(mapping.EventSourceArn).toEqual({ 'Fn::GetAtt': [table, 'StreamArn'] }))
  test('misses nothing that was written before it listened', () => expect(mapping.StartingPosition).toBe('TRIM_HORIZON'))
  test('halves a batch that fails', () => expect(mapping.BisectBatchOnFunctionError).toBe(true))
  test('tries a bounded number of times', () => expect(mapping.MaximumRetryAttempts).toBe(LIMITS.relayTriesCount))
  test('names a dead batch on its dead-letter queue', () =>
    expect(mapping.DestinationConfig).toEqual({ OnFailure: { Destination: { 'Fn::GetAtt': [deadLetters, 'Arn'] } } }))
  test('handles several batches of a shard at once', () => expect(mapping.ParallelizationFactor).toBe(LIMITS.relayParallelCount))
  test('says how far it came in a batch', () => expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']))
  test('waits for no batch to fill', () => expect(mapping.MaximumBatchingWindowInSeconds).toBe(0))
})
