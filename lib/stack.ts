import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { Carillon, type CarillonProps } from './carillon.ts'
import type { Targets } from './grants.ts'

/** Resources that exist already, by their ARNs. */
export type ImportedResources = {
  readonly bus?: string
  readonly alarmTopic?: string
  readonly targets?: Readonly<Record<keyof Targets, readonly string[]>>
}

/** The properties of the construct and of its stack. Resources that are given by their ARNs take precedence. */
export type CarillonStackProps = CarillonProps & StackProps & { readonly resources?: ImportedResources }

/** A stack that contains one Carillon. Its outputs are the API's URL and the names of the table, bus, schedule group and queues. */
export class CarillonStack extends Stack {
  readonly carillon: Carillon

  constructor(scope: Construct, id: string, { resources = {}, ...props }: CarillonStackProps = {}) {
    super(scope, id, props)
    this.carillon = new Carillon(this, 'Carillon', { ...props, ...imported(new Construct(this, 'Imported'), resources) })
    const { api, store, lanes, bus, timers } = this.carillon
    this.output('ApiUrl', api.url, 'URL of the HTTP API')
    this.output('TableName', store.table.tableName, 'Name of the table')
    this.output('BusName', bus.eventBusName, 'Name of the event bus for lifecycle events')
    this.output('ScheduleGroup', timers.group.ref, 'Name of the schedule group of the timers')
    for (const { lane, queue } of lanes.taskLanes)
      this.output(`QueueUrl-${lane.name}`, queue.queueUrl, `URL of the queue of lane ${lane.name}`)
  }

  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description })
  }
}

/** The properties of a Carillon for resources that are given by their ARNs. */
const imported = (
  scope: Construct,
  { bus, alarmTopic, targets }: ImportedResources,
): Pick<CarillonProps, 'bus' | 'alarmTopic' | 'targets'> => {
  const each = <Resource>(name: keyof Targets, from: (scope: Construct, id: string, arn: string) => Resource) =>
    (targets?.[name] ?? []).map((arn, index) => from(scope, `${name}-${index}`, arn))
  return {
    ...(bus ? { bus: EventBus.fromEventBusArn(scope, 'bus', bus) } : {}),
    ...(alarmTopic ? { alarmTopic: Topic.fromTopicArn(scope, 'alarmTopic', alarmTopic) } : {}),
    ...(targets
      ? {
          targets: {
            functions: each('functions', LambdaFunction.fromFunctionArn),
            queues: each('queues', Queue.fromQueueArn),
            buses: each('buses', EventBus.fromEventBusArn),
            stateMachines: each('stateMachines', StateMachine.fromStateMachineArn),
          },
        }
      : {}),
  }
}
