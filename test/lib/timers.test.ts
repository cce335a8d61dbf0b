import { describe, expect, test } from 'vitest'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const template = templateOf()
const role = theOne(template, 'AWS::IAM::Role', /^CarillonTimersRole/)
const [group] = Object.keys(resourcesOf(template, 'AWS::Scheduler::ScheduleGroup', /^CarillonTimers/))
const [trust] = role.Properties.AssumeRolePolicyDocument.Statement
const policy = theOne(template, 'AWS::IAM::Policy', /^CarillonTimersRole/)

describe('the timers', () => {
  test('sit in a schedule group of their own', () => expect(group).toBeDefined())

  test('send with a role that EventBridge Scheduler alone takes on', () =>
    expect([trust.Principal, trust.Action]).toEqual([{ Service: 'scheduler.amazonaws.com' }, 'sts:AssumeRole']))

  test('trust Scheduler for this account and this group only', () =>
    expect(trust.Condition).toEqual({
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' }, 'aws:SourceArn': { 'Fn::GetAtt': [group, 'Arn'] } },
    }))

  test('may do nothing but send', () =>
    expect(policy.Properties.PolicyDocument.Statement.map(({ Action }: { Action: string }) => Action)).toEqual([
      'sqs:SendMessage',
    ]))

  test('may send to the queue of each lane and to their dead-letter queue, and nowhere else', () => {
    const lanes = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /^CarillonLanes\w+Queue/))
    const deadLetters = Object.keys(resourcesOf(template, 'AWS::SQS::Queue', /^CarillonTimersDeadLetters/))
    const named = policy.Properties.PolicyDocument.Statement[0].Resource.map(
      (arn: { 'Fn::GetAtt': [string, string] }) => arn['Fn::GetAtt'][0],
    )
    expect(new Set(named)).toEqual(new Set([...lanes, ...deadLetters]))
  })
})
