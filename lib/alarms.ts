import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import { type IndexName, TABLE } from '../worlds/aws/dynamo/table.ts'
import { type Definition, failing, seconds, throttled } from './alarm.ts'
import type { Api } from './api.ts'
import { laneAlarms } from './lane-alarms.ts'
import type { LaneQueueSet } from './lanes.ts'
import { carillonMetric, messageCount, storeThrottles, timerMetric } from './metrics.ts'
import type { QueueConsumer } from './queue-consumer.ts'
import type { StreamConsumer } from './stream-consumer.ts'
import type { Sweep } from './sweep.ts'
import type { Store } from './table.ts'
import type { Timers } from './timers.ts'

/** The resources that the alarms measure, and the topic that they notify. */
export type AlarmsProps = {
  readonly environmentId: string
  readonly store: Store
  readonly lanes: LaneQueueSet
  /** The function of each lane, in the order of `lanes.allLanes`. */
  readonly executors: readonly QueueConsumer[]
  readonly timers: Timers
  readonly relay: StreamConsumer
  readonly publish: StreamConsumer
  readonly sweep: Sweep
  readonly api: Api
  readonly deadLetters: Queue
  /** @default no topic: the alarms are only on the dashboard and in the CloudWatch console */
  readonly alarmTopic?: ITopic | undefined
}

/**
 * One alarm for each condition that a healthy deployment does not have. Missing data means that nothing happened, and is no
 * alarm. Each alarm has one metric: CloudWatch charges for each metric of an alarm, so a formula over several saves nothing, and
 * it would have to say what a missing value means (docs/adr/0027).
 */
export class Alarms extends Construct {
  readonly all: readonly Alarm[]

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    const definitions = { ...deploymentAlarms(props), ...streamAlarms(props), ...storeAlarms(props), ...laneAlarms(props) }
    this.all = Object.entries(definitions).map(([name, definition]) => {
      const alarm = new Alarm(this, name, {
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
        ...definition,
      })
      if (props.alarmTopic) alarm.addAlarmAction(new SnsAction(props.alarmTopic))
      return alarm
    })
  }
}

const minutes = (ms: number): string => `${ms / 60_000} minutes`

/** Each description says what happened, then the number, then the first action. */
const deploymentAlarms = ({ environmentId, sweep, timers, api, deadLetters }: AlarmsProps): Record<string, Definition> => ({
  DeadLetters: {
    metric: carillonMetric(environmentId, 'DeadLetters', 'Sum'),
    threshold: 0,
    evaluationPeriods: 1,
    alarmDescription:
      'A message could not be delivered or processed (DeadLetters above 0 in 5 minutes). First list the failed tasks with the error DeadLettered or WorkerLost, fix the cause, and redrive them. Tasks that had not started are retried automatically for some hours.',
  },
  FailureTaskFailed: {
    metric: carillonMetric(environmentId, 'FailureTaskFailed', 'Sum'),
    threshold: 0,
    evaluationPeriods: 1,
    alarmDescription:
      'A failure task failed, so the failure of its original task was not handled (FailureTaskFailed above 0 in 5 minutes). First list the failed tasks that have a failureOf, fix their handler, and redrive them.',
  },
  DeadLetterQueueDepth: {
    metric: messageCount(deadLetters),
    threshold: 0,
    evaluationPeriods: 3,
    alarmDescription: `Messages stay on the dead-letter queue (more than 0 visible messages for 15 minutes). First read the log of the function dead-letters, then check its throttles. The queue keeps messages for ${LIMITS.deadLetterKeepMs / 86_400_000} days.`,
  },
  SweepRepairs: {
    metric: carillonMetric(environmentId, 'SweepRepairs', 'Sum'),
    threshold: 0,
    evaluationPeriods: 1,
    alarmDescription: `The sweep sent wake-ups again (SweepRepairs above 0 in 5 minutes). They were lost, or the executors are more than ${minutes(LIMITS.sweepGraceMs)} behind. First look at the Backlog alarms, then at the errors of the relay.`,
  },
  TimersRefused: {
    metric: carillonMetric(environmentId, 'TimersRefused', 'Sum'),
    threshold: 0,
    evaluationPeriods: 3,
    alarmDescription:
      'EventBridge Scheduler refused timers (TimersRefused above 0 in each of three periods of 5 minutes). Tasks still start at their time, because the sweep sends their messages. First compare the number of schedules and the rate of CreateSchedule with the quotas of the account, and raise the quotas.',
  },
  SweepErrors: {
    metric: sweep.function.metricErrors({ period: Duration.minutes(15), statistic: 'Sum' }),
    threshold: 1,
    evaluationPeriods: 1,
    alarmDescription:
      'The sweep fails repeatedly, so lost wake-ups are not sent again (Errors above 1 in 15 minutes). First read the log of the sweep function.',
  },
  SweepLag: {
    metric: carillonMetric(environmentId, 'SweepLag', 'Maximum'),
    threshold: LIMITS.sweepLagAlarmMs,
    evaluationPeriods: 1,
    alarmDescription: `The sweep is behind, so lost wake-ups are sent again late (SweepLag above ${minutes(LIMITS.sweepLagAlarmMs)}). First look at the throttles of the table, then at the backlog of the lanes: each task that is overdue costs the sweep a write.`,
  },
  SweepNotRunning: {
    metric: sweep.function.metricInvocations({ period: Duration.millis(LIMITS.sweepSilentAlarmMs) }),
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    // A function that is not invoked has no data points, not data points of 0.
    treatMissingData: TreatMissingData.BREACHING,
    alarmDescription: `The sweep did not run, so lost wake-ups are not sent again (Invocations below 1 in ${minutes(LIMITS.sweepSilentAlarmMs)}). First check that the schedule of the sweep exists and is enabled, then check the schedule's role and the throttles of the function.`,
  },
  ApiFaults: {
    metric: api.api.metricServerError({ period: Duration.minutes(5), statistic: 'Sum' }),
    threshold: LIMITS.apiFaultsAlarmCount,
    evaluationPeriods: 1,
    alarmDescription: `The API answers 5xx (more than ${LIMITS.apiFaultsAlarmCount} in 5 minutes). First read the log and the throttles of the function api; a throttled function needs reservedConcurrency. Then look at the alarms of the table.`,
  },
  TimersDropped: {
    metric: timerMetric(timers.group, 'InvocationDroppedCount'),
    threshold: 0,
    evaluationPeriods: 1,
    alarmDescription:
      'EventBridge Scheduler gave timers up (InvocationDroppedCount above 0 in 5 minutes). Their messages are on the dead-letter queue, and the tasks are woken again. First check that the queues of the lanes exist and that the role of the timers may send to them.',
  },
})

const streamAlarms = ({ relay, publish }: AlarmsProps): Record<string, Definition> => ({
  RelayLag: {
    metric: iteratorAge(relay.function),
    threshold: LIMITS.relayLagAlarmMs,
    evaluationPeriods: 3,
    alarmDescription: `The relay is behind the table's stream, so tasks start late (IteratorAge above ${seconds(LIMITS.relayLagAlarmMs)} for 3 minutes). First look at the errors and throttles of the relay function.`,
  },
  EventLag: {
    metric: iteratorAge(publish.function),
    threshold: LIMITS.relayLagAlarmMs,
    evaluationPeriods: 3,
    alarmDescription: `Lifecycle events are late, but tasks are not (IteratorAge above ${seconds(LIMITS.relayLagAlarmMs)} for 3 minutes). First check that the event bus exists and that the publisher may put events on it.`,
  },
  'Errors-relay': failing(
    relay.function,
    'The relay fails, so tasks start late',
    'Failed batches are tried again, and go to the dead-letter queue in the end.',
  ),
  'Throttles-relay': throttled(relay.function, 'relay', 'The relay is throttled, so tasks start late'),
  'Throttles-publish': throttled(publish.function, 'publish', 'The publisher is throttled, so lifecycle events are late'),
})

/** The age of the stream records that a function reads, in milliseconds. It has no data while the function is throttled. */
const iteratorAge = (consumer: IFunction) => consumer.metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(1) })

const storeAlarms = ({ store }: AlarmsProps): Record<string, Definition> =>
  Object.fromEntries([
    ['ReadsThrottled', storeThrottled(store, 'Read')],
    ['WritesThrottled', storeThrottled(store, 'Write')],
    // A full index throttles the writes of the table. Its reads are pages of the sweep and of lists, and counts of far tasks.
    ...(Object.keys(TABLE.indexes) as IndexName[]).flatMap((index) => [
      [`ReadsThrottled-${index}`, storeThrottled(store, 'Read', index)],
      [`WritesThrottled-${index}`, storeThrottled(store, 'Write', index)],
    ]),
  ])

/** Twice in a row, because a table on demand throttles for minutes while it grows, and the SDK tries again. */
const storeThrottled = ({ table }: Store, kind: 'Read' | 'Write', index?: IndexName): Definition => ({
  metric: storeThrottles(table, kind, index),
  threshold: 0,
  evaluationPeriods: 2,
  alarmDescription: `DynamoDB throttles ${kind.toLowerCase()}s of ${index ? `the index ${index}` : 'the table'} (${kind}ThrottleEvents above 0 for 10 minutes). First look for one tenant or one gate with most of the traffic, and lower its rate; then raise the table's warm throughput.`,
})
