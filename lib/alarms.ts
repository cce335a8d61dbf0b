import { Duration } from 'aws-cdk-lib'
import { Alarm, type AlarmProps, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { CONTROL_LANE } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import type { LaneQueueSet } from './lanes.ts'
import { carillonMetric, messageCount, oldestMessageAge } from './metrics.ts'
import type { StreamConsumer } from './stream-consumer.ts'
import type { Sweep } from './sweep.ts'

/** The resources that the alarms measure, and the topic that they notify. */
export type AlarmsProps = {
  readonly environmentId: string
  readonly lanes: LaneQueueSet
  readonly relay: StreamConsumer
  readonly publish: StreamConsumer
  readonly sweep: Sweep
  readonly deadLetters: readonly Queue[]
  /** @default no topic: the alarms are only on the dashboard and in the CloudWatch console */
  readonly alarmTopic?: ITopic | undefined
}

type Definition = Pick<AlarmProps, 'metric' | 'threshold' | 'evaluationPeriods' | 'alarmDescription'> &
  Partial<Pick<AlarmProps, 'comparisonOperator' | 'treatMissingData'>>

/** One alarm for each condition that a healthy deployment does not have. Missing data means that nothing happened, and is no alarm. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[]

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    const definitions = { ...deploymentAlarms(props), ...laneAlarms(props) }
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

const seconds = (ms: number): string => `${ms / 1_000} seconds`
const minutes = (ms: number): string => `${ms / 60_000} minutes`

/** Each description says what happened, then the number, then the first action. */
const deploymentAlarms = ({ environmentId, relay, publish, sweep, deadLetters }: AlarmsProps): Record<string, Definition> => ({
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
    alarmDescription: `Messages stay on the dead-letter queues (more than 0 visible messages for 15 minutes). First read the log of the function that consumes these queues. The queues keep messages for ${LIMITS.deadLetterKeepMs / 86_400_000} days.`,
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
    metric: sweep.function.metricErrors({ period: Duration.minutes(15) }),
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
})

/** The age of the stream records that a function reads, in milliseconds. */
const iteratorAge = (consumer: IFunction) => consumer.metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(1) })

const laneAlarms = ({ environmentId, lanes }: AlarmsProps): Record<string, Definition> =>
  Object.fromEntries([
    ...lanes.taskLanes.map(({ lane }) => [
      `Lateness-${lane.name}`,
      {
        metric: carillonMetric(environmentId, 'StartLateness', 'p99', lane.name),
        threshold: LIMITS.latenessAlarmMs,
        evaluationPeriods: 3,
        alarmDescription: `Tasks of lane ${lane.name} start late (p99 of StartLateness above ${seconds(LIMITS.latenessAlarmMs)} for 15 minutes). First raise the maxConcurrency of the lane, or move slow task types to another lane.`,
      },
    ]),
    ...lanes.allLanes.map(({ lane, queue }) => [
      `Backlog-${lane.name}`,
      {
        metric: oldestMessageAge(queue),
        threshold: LIMITS.backlogAlarmMs / 1_000,
        evaluationPeriods: 3,
        alarmDescription: `${backlogEffect(lane.name)} (ApproximateAgeOfOldestMessage above ${seconds(LIMITS.backlogAlarmMs)} for 15 minutes). First read the log of the lane's function: it fails, it does not run, or it is too slow.`,
      },
    ]),
  ])

const backlogEffect = (lane: string): string =>
  lane === CONTROL_LANE.name
    ? 'Gates admit no tasks and bulk operations do not continue'
    : `Messages of lane ${lane} are not processed in time`
