import { Duration } from 'aws-cdk-lib'
import { Alarm, type AlarmProps, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import type { LaneQueueSet } from './lanes.ts'
import { ageOf, carillonMetric, lyingOn } from './metrics.ts'
import type { StreamConsumer } from './stream-consumer.ts'
import type { Sweep } from './sweep.ts'

/** The resources that alarms look at, and the topic that they notify. */
export type AlarmsProps = {
  readonly environmentId: string
  readonly lanes: LaneQueueSet
  readonly relay: StreamConsumer
  readonly publish: StreamConsumer
  readonly sweep: Sweep
  readonly deadLetters: readonly Queue[]
  /** @default alarms notify no topic; the dashboard shows them */
  readonly alarmTopic?: ITopic | undefined
}

type Sign = Pick<AlarmProps, 'metric' | 'threshold' | 'evaluationPeriods' | 'alarmDescription'> &
  Partial<Pick<AlarmProps, 'comparisonOperator' | 'treatMissingData'>>

/** An alarm for each thing that a healthy deployment does not do. Silence is health, unless a sign says otherwise: missing data means nothing happened. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[]

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    const signs = { ...signsOf(props), ...laneSigns(props) }
    this.all = Object.entries(signs).map(([name, sign]) => {
      const alarm = new Alarm(this, name, {
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
        ...sign,
      })
      if (props.alarmTopic) alarm.addAlarmAction(new SnsAction(props.alarmTopic))
      return alarm
    })
  }
}

const signsOf = ({ environmentId, relay, publish, sweep, deadLetters }: AlarmsProps): Record<string, Sign> => ({
  DeadLetters: {
    metric: carillonMetric(environmentId, 'DeadLetters', 'Sum'),
    threshold: 0,
    evaluationPeriods: 1,
    alarmDescription: 'Something could not be handled and was buried: look for failed tasks with the error DeadLettered.',
  },
  FailureTaskFailed: {
    metric: carillonMetric(environmentId, 'FailureTaskFailed', 'Sum'),
    threshold: 0,
    evaluationPeriods: 1,
    alarmDescription: 'A failure task has failed itself, so nobody has been told: look for failed tasks that have a failureOf.',
  },
  Unburied: {
    metric: lyingOn(deadLetters),
    threshold: 0,
    evaluationPeriods: 3,
    alarmDescription: 'Messages stay on a dead-letter queue: the function that buries them fails.',
  },
  SweepRepairs: {
    metric: carillonMetric(environmentId, 'SweepRepairs', 'Sum'),
    threshold: 0,
    evaluationPeriods: 1,
    alarmDescription: 'The sweep had to send wake-ups again: some were lost, or executors have fallen far behind.',
  },
  SweepFails: {
    metric: sweep.function.metricErrors({ period: Duration.minutes(15) }),
    threshold: 1,
    evaluationPeriods: 1,
    alarmDescription: 'The sweep fails again and again: lost wake-ups are not repaired.',
  },
  SweepSilent: {
    metric: sweep.function.metricInvocations({ period: Duration.millis(LIMITS.sweepSilentAlarmMs) }),
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    // What never runs counts nothing, not even nought.
    treatMissingData: TreatMissingData.BREACHING,
    alarmDescription: 'The sweep has not run: its schedule is gone, disabled or not allowed to. Lost wake-ups are not repaired.',
  },
  RelayLag: {
    metric: behind(relay.function),
    threshold: LIMITS.relayLagAlarmMs,
    evaluationPeriods: 3,
    alarmDescription: 'The relay is behind the table: tasks start late.',
  },
  EventLag: {
    metric: behind(publish.function),
    threshold: LIMITS.relayLagAlarmMs,
    evaluationPeriods: 3,
    alarmDescription: 'Lifecycle events come late: the bus does not take them. Tasks run all the same.',
  },
})

/** How old the change is that a function hears, in milliseconds. */
const behind = (made: IFunction) => made.metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(1) })

const laneSigns = ({ environmentId, lanes }: AlarmsProps): Record<string, Sign> =>
  Object.fromEntries([
    ...lanes.all.map(({ lane }) => [
      `Lateness-${lane.name}`,
      {
        metric: carillonMetric(environmentId, 'StartLateness', 'p99', lane.name),
        threshold: LIMITS.latenessAlarmMs,
        evaluationPeriods: 3,
        alarmDescription: `Tasks of lane ${lane.name} start late: raise its maxConcurrency, or see what holds its executor up.`,
      },
    ]),
    ...lanes.every.map(({ lane, queue }) => [
      `Backlog-${lane.name}`,
      {
        metric: ageOf(queue),
        threshold: LIMITS.backlogAlarmMs / 1_000,
        evaluationPeriods: 3,
        alarmDescription: `Messages of lane ${lane.name} grow old: its function does not keep up, or does not run.`,
      },
    ]),
  ])
