import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import { type FunctionProps, functionFor } from './function.ts'
import { scheduleGroup, schedulerRole } from './scheduler.ts'

/** The environment of the sweep's function. */
export type SweepProps = Pick<FunctionProps, 'env'>

/** The sweep's function and its schedule. The schedule has its own group, so that the group of the timers has only timers. */
export class Sweep extends Construct {
  readonly function: NodejsFunction

  constructor(scope: Construct, id: string, { env }: SweepProps) {
    super(scope, id)
    this.function = functionFor(this, 'Function', { step: 'sweep', memoryMb: 512, timeoutMs: LIMITS.sweepTimeoutMs, env })
    const group = scheduleGroup(this, 'Group', 'sweep')
    const role = schedulerRole(this, 'Role', group)
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.function.functionArn] }))
    const schedule = new CfnSchedule(this, 'Schedule', {
      groupName: group.ref,
      scheduleExpression: `rate(${LIMITS.sweepEveryMs / 60_000} minutes)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        // No retries: the next sweep does the work of a sweep that could not start.
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: LIMITS.sweepEveryMs / 1_000 },
      },
    })
    // Scheduler assumes the role when the schedule is created, so the role must exist before.
    schedule.node.addDependency(role)
  }
}
