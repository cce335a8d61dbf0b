import { describe, expect, test } from 'vitest'
import { CONTROL_LANE } from '../../core/lanes.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const lambda = theOne(template, 'AWS::Lambda::Function', /^CarillonControl/)
const mapping = theOne(template, 'AWS::Lambda::EventSourceMapping', /^CarillonControl/)
const queue = theOne(template, 'AWS::SQS::Queue', /^CarillonLanescontrolQueue/)

describe('the control lane', () => {
  test('has a queue with the visibility timeout of the lane', () =>
    expect(queue.Properties.VisibilityTimeout).toBe(CONTROL_LANE.visibilityMs / 1_000))

  test('has its own function, with the timeout and memory of the lane', () =>
    expect([lambda.Properties.Timeout, lambda.Properties.MemorySize]).toEqual([
      CONTROL_LANE.functionTimeoutMs / 1_000,
      CONTROL_LANE.memoryMb,
    ]))

  test('reports failures per message, with the batch size and concurrency of the lane', () =>
    expect(mapping.Properties).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: CONTROL_LANE.batchCount,
      ScalingConfig: { MaximumConcurrency: CONTROL_LANE.maxConcurrency },
    }))

  test.each(['CarillonControl', 'CarillonRelay', 'CarillonSweep', 'CarillonDeadLetters', 'CarillonExecutornormal'])(
    '%s gets the URL of its queue, although it is not a lane of tasks',
    (id) => {
      const variables = theOne(template, 'AWS::Lambda::Function', new RegExp(`^${id}`)).Properties.Environment.Variables
      expect(JSON.stringify(variables.CARILLON_QUEUES)).toContain('\\"control\\":')
      expect(variables.CARILLON_LANES ?? '').not.toContain('"control"')
    },
  )
})

const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping', /^CarillonDeadLetters/))
const deadLetters = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /DeadLetter/))
const variables = theOne(template, 'AWS::Lambda::Function', /^CarillonDeadLetters/).Properties.Environment.Variables

describe('the function for dead letters', () => {
  test('consumes the one dead-letter queue', () => {
    expect(deadLetters).toHaveLength(1)
    expect(mappings.map(({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0])).toEqual(deadLetters)
  })

  test('gets the source of the messages by what they name: the queue of a lane, or the function of a stream', () => {
    const parts: readonly (string | { 'Fn::GetAtt': [string, string] })[] = variables.CARILLON_DEAD_LETTERS['Fn::Join'][1]
    const text = parts
      .map((part) => (typeof part === 'string' ? part : part['Fn::GetAtt'][0].replace(/[0-9A-F]{8}$/, '')))
      .join('')
    expect(JSON.parse(text)).toEqual({
      CarillonLaneshighQueue: 'lane:high',
      CarillonLanesnormalQueue: 'lane:normal',
      CarillonLaneslowQueue: 'lane:low',
      CarillonLaneslongQueue: 'lane:long',
      CarillonLanescontrolQueue: 'lane:control',
      CarillonRelayFunction: 'relay',
      CarillonPublishFunction: 'publish',
    })
  })

  test('has a low concurrency', () =>
    expect(mappings.map(({ Properties }) => Properties.ScalingConfig)).toEqual([{ MaximumConcurrency: 2 }]))
})
