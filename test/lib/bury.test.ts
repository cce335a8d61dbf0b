import { describe, expect, test } from 'vitest'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping', /^CarillonBury/))
const deadLetters = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /DeadLetters/))
const told = theOne(template, 'AWS::Lambda::Function', /^CarillonBury/).Properties.Environment.Variables

describe('the burier', () => {
  test('takes what ends on every dead-letter queue', () => {
    const taken = mappings.map(({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0])
    expect(new Set(taken)).toEqual(new Set(deadLetters))
  })

  test('there is one for each lane, the control lane too, one for the timers, and one for each that hears the stream', () =>
    expect(deadLetters).toHaveLength(8))

  test('is told what each of them holds', () => {
    const text = told.CARILLON_DEAD_LETTERS['Fn::Join'][1].filter((part: unknown) => typeof part === 'string').join('')
    expect(text).toBe(
      '{"":"lane:high","":"lane:normal","":"lane:low","":"lane:long","":"lane:control","":"timers","":"relay","":"publish"}',
    )
  })

  test('is in no hurry', () =>
    expect(mappings.map(({ Properties }) => Properties.ScalingConfig)).toEqual(mappings.map(() => ({ MaximumConcurrency: 2 }))))
})
