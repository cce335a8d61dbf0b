import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { Alarms } from './alarms.ts'
import { dashboard } from './dashboard.ts'
import type { LaneQueueSet } from './lanes.ts'
import type { StreamConsumer } from './stream-consumer.ts'
import type { Sweep } from './sweep.ts'
import type { Timers } from './timers.ts'

/** What is watched, and whom alarms tell. */
export type WatchProps = {
  readonly environmentId: string
  readonly lanes: LaneQueueSet
  readonly timers: Timers
  readonly relay: StreamConsumer
  readonly publish: StreamConsumer
  readonly sweep: Sweep
  readonly deadLetters: readonly Queue[]
  /** @default alarms are only shown */
  readonly alarmTopic?: ITopic | undefined
}

/** What people look at: a dashboard, and alarms on what a healthy deployment does not do. */
export class Watch extends Construct {
  readonly alarms: Alarms

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id)
    this.alarms = new Alarms(this, 'Alarms', props)
    dashboard(this, 'Dashboard', props, this.alarms.all)
  }
}
