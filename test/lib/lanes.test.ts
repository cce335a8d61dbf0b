import { describe, expect, test } from 'vitest'
import { DEFAULT_LANES, lane } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const named = Object.values(DEFAULT_LANES)
const queueOf = (name: string) => theOne(template, 'AWS::SQS::Queue', new RegExp(`^CarillonLanes${name}Queue`))

describe.each(named)('lane $name', ({ name, visibilityMs, functionTimeoutMs, memoryMb, maxConcurrency, batchCount }) => {
  const executor = theOne(template, 'AWS::Lambda::Function', new RegExp(`^CarillonExecutor${name}`))
  const mapping = theOne(template, 'AWS::Lambda::EventSourceMapping', new RegExp(`^CarillonExecutor${name}`))
  const [deadLetters] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /DeadLetter/))

  test('has a queue with the visibility timeout of the lane', () =>
    expect(queueOf(name).Properties.VisibilityTimeout).toBe(visibilityMs / 1_000))

  test('moves a message to the dead-letter queue after the maximum of receives', () =>
    expect(queueOf(name).Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] },
      maxReceiveCount: LIMITS.queueReceiveCount,
    }))

  test('keeps dead letters for 14 days', () =>
    expect(template.findResources('AWS::SQS::Queue')[deadLetters ?? '']?.Properties.MessageRetentionPeriod).toBe(14 * 86_400))

  test('keeps messages for four days, longer than they take to become dead letters', () =>
    expect(queueOf(name).Properties.MessageRetentionPeriod).toBe(4 * 86_400))

  test('has an executor with the timeout and memory of the lane', () =>
    expect([executor.Properties.Timeout, executor.Properties.MemorySize]).toEqual([functionTimeoutMs / 1_000, memoryMb]))

  test('limits the concurrency at the event source mapping', () =>
    expect(mapping.Properties.ScalingConfig).toEqual({ MaximumConcurrency: maxConcurrency }))

  test('has the batch size of the lane', () => expect(mapping.Properties.BatchSize).toBe(batchCount))

  test('reports failures per message', () =>
    expect(mapping.Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']))
})

describe('every queue', () => {
  const queues = Object.entries(resourcesOf(template, 'AWS::SQS::Queue'))

  test.each(queues)('%s is encrypted', (_, queue) => expect(queue.Properties.SqsManagedSseEnabled).toBe(true))

  test.each(queues)('%s is standard', (_, queue) => expect(queue.Properties.FifoQueue).toBeUndefined())

  test.each(queues)('%s denies requests without TLS', (id) => {
    const policies = Object.values(resourcesOf(template, 'AWS::SQS::QueuePolicy'))
    const policy = policies.find(({ Properties }) => JSON.stringify(Properties.Queues) === JSON.stringify([{ Ref: id }]))
    expect(policy?.Properties.PolicyDocument.Statement).toContainEqual({
      Action: 'sqs:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Resource: { 'Fn::GetAtt': [id, 'Arn'] },
    })
  })
})

describe('synthesis fails when', () => {
  const { normal } = DEFAULT_LANES
  if (!normal) throw new Error('DEFAULT_LANES has no lane normal')
  test.each([
    [
      'no lane has the name normal',
      { high: lane('high', 60_000) },
      'lanes must include normal, the lane of tasks without a lane, got high',
    ],
    [
      'there are too many',
      { normal, ...Object.fromEntries([...'abcdefg'].map((name) => [name, lane(name, 60_000)])) },
      'lanes must be at most 6, got 8',
    ],
    [
      'a name is invalid',
      { normal, 'No!': lane('No!', 60_000) },
      'a lane\'s name must be 1 to 32 of a-z, 0-9 and dash, got "No!"',
    ],
    [
      'a name is reserved',
      { normal, control: lane('control', 60_000) },
      'lane control: the name is reserved for gates and bulk operations; choose another',
    ],
    ['a key is not the name', { normal, fast: lane('slow', 60_000) }, 'lane fast must have its key as its name, got "slow"'],
    [
      'the concurrency is too low',
      { normal: lane('normal', 60_000, { maxConcurrency: 1 }) },
      'lane normal: max concurrency 1 must be 2 to 1000',
    ],
    [
      'a timeout is not in whole seconds',
      { normal: lane('normal', 60_500) },
      'functionTimeoutMs must be whole seconds, got 60500 ms',
    ],
    ['a timeout is too long', { normal: lane('normal', 901_000) }, 'function timeout 901000 ms must be at most 900000 ms'],
    [
      'a lease is shorter than the function',
      { normal: { ...normal, leaseMs: 1_000 } },
      'function timeout 60000 ms must be below the lease 1000 ms',
    ],
  ])('%s', (_, lanes, words) => expect(() => templateOf({ lanes })).toThrow(words))

  test('several faults are reported, each once', () =>
    expect(() => templateOf({ lanes: { normal: lane('normal', 901_000, { maxConcurrency: 1_001 }) } })).toThrow(
      new TypeError(
        'lane normal: function timeout 901000 ms must be at most 900000 ms, the maximum of Lambda; lane normal: max concurrency 1001 must be 2 to 1000',
      ),
    ))
})
