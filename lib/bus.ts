import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { Construct } from 'constructs'
import { actionsOf, type Verb } from '../worlds/aws/verbs.ts'

/** Where lifecycle events go: the bus that is given, or one of our own. */
export class LifecycleBus extends Construct {
  readonly bus: IEventBus | EventBus

  constructor(scope: Construct, id: string, given?: IEventBus) {
    super(scope, id)
    this.bus = given ?? new EventBus(this, 'Bus')
  }

  /** Lets a function publish events. */
  grantBus(to: NodejsFunction, verbs: readonly Verb<'bus'>[]): void {
    to.addToRolePolicy(new PolicyStatement({ actions: [...actionsOf('bus', verbs)], resources: [this.bus.eventBusArn] }))
  }
}
