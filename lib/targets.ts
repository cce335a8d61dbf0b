import type { IEventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'

/** What the built-in task types may reach in the account. Nothing that is not named here. */
export type Targets = {
  /** Functions that tasks of type `lambda` may invoke. @default none */
  readonly functions?: readonly IFunction[]
  /** Queues that tasks of type `sqs` may send to. @default none */
  readonly queues?: readonly IQueue[]
  /** Buses that tasks of type `eventbridge` may publish on. @default none */
  readonly buses?: readonly IEventBus[]
  /** State machines that tasks of type `stepfunctions` may start. @default none */
  readonly stateMachines?: readonly IStateMachine[]
}

/** Lets an executor reach the targets, by one verb for each kind. */
export const grantTargets = ({ functions, queues, buses, stateMachines }: Targets, to: NodejsFunction): void => {
  allow(
    to,
    'lambda:InvokeFunction',
    functions?.map(({ functionArn }) => functionArn),
  )
  allow(
    to,
    'sqs:SendMessage',
    queues?.map(({ queueArn }) => queueArn),
  )
  allow(
    to,
    'events:PutEvents',
    buses?.map(({ eventBusArn }) => eventBusArn),
  )
  allow(
    to,
    'states:StartExecution',
    stateMachines?.map(({ stateMachineArn }) => stateMachineArn),
  )
}

const allow = (to: NodejsFunction, action: string, resources: readonly string[] = []): void => {
  if (resources.length > 0) to.addToRolePolicy(new PolicyStatement({ actions: [action], resources: [...resources] }))
}
