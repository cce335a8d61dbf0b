import type { IEventBus } from 'aws-cdk-lib/aws-events'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { needs, type Step } from '../engine/needs.ts'
import { actionsOf, type Service, type Verb } from '../worlds/aws/verbs.ts'
import type { LaneQueueSet } from './lanes.ts'
import type { Store } from './table.ts'
import type { Timers } from './timers.ts'

/** The resources behind the verbs of `engine/needs.ts`. */
export type NeededResources = {
  readonly store: Store
  readonly timers: Timers
  readonly lanes: LaneQueueSet
  readonly bus: Pick<IEventBus, 'eventBusArn'>
}

/** Grants the verbs that a step needs according to `engine/needs.ts`, and nothing else. */
export const grantNeeds = ({ store, timers, lanes, bus }: NeededResources, step: Step, grantee: IGrantable): Grant => {
  const verbs: { readonly [Of in Service]?: readonly Verb<Of>[] } = needs[step]
  return combined(grantee, [
    ...(verbs.store ? [store.grantStore(grantee, verbs.store)] : []),
    ...(verbs.timers ? [timers.grantTimers(grantee, verbs.timers)] : []),
    ...(verbs.queue ? [lanes.grantQueue(grantee, verbs.queue)] : []),
    ...(verbs.bus ? [grantBus(bus, grantee, verbs.bus)] : []),
  ])
}

const grantBus = ({ eventBusArn }: NeededResources['bus'], grantee: IGrantable, verbs: readonly Verb<'bus'>[]): Grant =>
  Grant.addToPrincipal({ grantee, actions: [...actionsOf('bus', verbs)], resourceArns: [eventBusArn] })

/** Resources of the account that the built-in task types may use. A resource that is not listed is not granted. */
export type Targets = {
  /** Functions that tasks of type `lambda` may invoke. @default none */
  readonly functions?: readonly IFunction[]
  /** Queues that tasks of type `sqs` may send messages to. @default none */
  readonly queues?: readonly IQueue[]
  /** Event buses that tasks of type `eventbridge` may put events on. @default none */
  readonly buses?: readonly IEventBus[]
  /** State machines that tasks of type `stepfunctions` may start. @default none */
  readonly stateMachines?: readonly IStateMachine[]
}

/** Grants one action on each target: invoke, send, put events, or start an execution. */
export const grantTargets = ({ functions, queues, buses, stateMachines }: Targets, grantee: IGrantable): Grant => {
  const arns = {
    'lambda:InvokeFunction': functions?.map(({ functionArn }) => functionArn),
    'sqs:SendMessage': queues?.map(({ queueArn }) => queueArn),
    'events:PutEvents': buses?.map(({ eventBusArn }) => eventBusArn),
    'states:StartExecution': stateMachines?.map(({ stateMachineArn }) => stateMachineArn),
  }
  return combined(
    grantee,
    Object.entries(arns).flatMap(([action, resourceArns]) =>
      resourceArns?.length ? [Grant.addToPrincipal({ grantee, actions: [action], resourceArns })] : [],
    ),
  )
}

/** One grant for several. An empty list is a dropped grant, as elsewhere in CDK. */
const combined = (grantee: IGrantable, grants: readonly Grant[]): Grant =>
  grants.reduce((all, grant) => all.combine(grant), Grant.drop(grantee, 'nothing to grant'))
