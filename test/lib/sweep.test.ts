import { describe, expect, test } from 'vitest'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const schedule = theOne(template, 'AWS::Scheduler::Schedule')
const [sweep] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function', /^CarillonSweep/))

describe('the sweep', () => {
  test('runs every five minutes', () => expect(schedule.Properties.ScheduleExpression).toBe('rate(5 minutes)'))
  test('is the target of its schedule', () => expect(schedule.Properties.Target.Arn).toEqual({ 'Fn::GetAtt': [sweep, 'Arn'] }))
  test('has a schedule outside the group of the timers', () => {
    const timers = theOne(template, 'AWS::Scheduler::ScheduleGroup', /^CarillonTimers/)
    expect(schedule.Properties.GroupName).not.toBe(timers.Properties.Name)
  })
  test('is the only function that its role may invoke', () => {
    const { Statement } = theOne(template, 'AWS::IAM::Policy', /^CarillonSweepRole/).Properties.PolicyDocument
    expect(Statement).toEqual([{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: { 'Fn::GetAtt': [sweep, 'Arn'] } }])
  })
})
