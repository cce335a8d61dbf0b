import { Stack } from 'aws-cdk-lib'
import { Grant, type IGrantable, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import type { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { Env } from '../worlds/aws/env.ts'
import { actionsOf, type Verb } from '../worlds/aws/verbs.ts'
import { acknowledgeWildcard } from './acknowledge.ts'
import { scheduleGroup, schedulerRole } from './scheduler.ts'

/** The lanes' queues, to which timers send messages, and the queue for messages that could not be delivered. */
export type TimersProps = { readonly queues: readonly Queue[]; readonly deadLetters: Queue }

/** Wake-ups beyond the delay of SQS: the group of the one-time schedules, their role, and the queue for undeliverable messages. */
export class Timers extends Construct {
  readonly group: CfnScheduleGroup
  readonly role: Role
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { queues, deadLetters }: TimersProps) {
    super(scope, id)
    this.group = scheduleGroup(this, 'Group', 'timers')
    this.deadLetters = deadLetters
    this.role = schedulerRole(this, 'Role', this.group)
    const resources = [...queues, this.deadLetters].map(({ queueArn }) => queueArn)
    this.role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources }))
  }

  /** The environment variables of functions that arm or disarm timers. */
  get env(): Pick<Env, 'scheduleGroup' | 'timerRoleArn' | 'timerDeadLetterArn'> {
    return {
      scheduleGroup: this.group.ref,
      timerRoleArn: this.role.roleArn,
      timerDeadLetterArn: this.deadLetters.queueArn,
    }
  }

  /** Grants verbs of the timers on this group. The verb `arm` includes passing this role, and no other, to Scheduler. */
  grantTimers(grantee: IGrantable, verbs: readonly Verb<'timers'>[]): Grant {
    const schedules = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.group.ref}/*`,
    })
    const actions = actionsOf('timers', verbs)
    const scheduling = Grant.addToPrincipal({
      grantee,
      actions: actions.filter((action) => action !== PASS_ROLE),
      resourceArns: [schedules],
    })
    acknowledgeWildcard(
      grantee,
      schedules,
      'The name of a timer contains the row and the epoch, so it is not known in advance. The group belongs to this deployment.',
    )
    if (!actions.includes(PASS_ROLE)) return scheduling
    return scheduling.combine(
      Grant.addToPrincipal({
        grantee,
        actions: [PASS_ROLE],
        resourceArns: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    )
  }
}

const PASS_ROLE = 'iam:PassRole'
