import { type Alarm, AlarmStatusWidget, Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import type { Metric } from '../engine/world.ts'
import { Alarms, type AlarmsProps } from './alarms.ts'
import { carillonMetric, messageCount, oldestMessageAge, timerMetric } from './metrics.ts'

/** The resources whose metrics have alarms, and whether they are on a dashboard too. */
export type MonitoringProps = AlarmsProps & { readonly dashboard: boolean }

/** Alarms on the conditions that a healthy deployment does not have, and a dashboard if it is wanted. */
export class Monitoring extends Construct {
  readonly alarms: Alarms

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id)
    this.alarms = new Alarms(this, 'Alarms', props)
    if (props.dashboard) dashboard(this, 'Dashboard', props, this.alarms.all)
  }
}

/** One page: alarms, start lateness, throughput, outcomes, queues, dead letters, stream lag and timers. */
const dashboard = (scope: Construct, id: string, props: MonitoringProps, alarms: readonly Alarm[]): Dashboard => {
  const { environmentId, lanes, timers, relay, publish, deadLetters } = props
  const count = (...names: readonly Metric[]) => names.map((name) => carillonMetric(environmentId, name, 'Sum'))
  const lateness = (statistic: string) =>
    lanes.taskLanes.map(({ lane }) =>
      carillonMetric(environmentId, 'StartLateness', statistic, lane.name).with({ label: lane.name }),
    )
  return new Dashboard(scope, id, {
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', width: 24, alarms: [...alarms] })],
      [
        graph('Start lateness, p50 (ms)', lateness('p50')),
        graph('Start lateness, p99 (ms)', lateness('p99')),
        graph('Throughput', count('Created', 'Ready', 'Blocked', 'Started', 'Retried')),
      ],
      [
        graph('Finished tasks', count('Succeeded', 'Failed', 'Conflicted', 'Cancelled', 'Expired', 'Removed')),
        graph('Occurrences of series that were skipped', count('OccurrencesSkipped')),
        graph('Failure tasks', count('FailureTaskCreated', 'FailureTaskFailed')),
        graph('Fenced, superseded and repaired', count('Fenced', 'Superseded', 'SweepRepairs')),
      ],
      [
        graph(
          'Age of the oldest message (s)',
          lanes.allLanes.map(({ lane, queue }) => oldestMessageAge(queue).with({ label: lane.name })),
        ),
        graph('Dead letters', [...count('DeadLetters'), messageCount(deadLetters)]),
        graph('Age of stream records (ms)', [
          relay.function.metric('IteratorAge', { statistic: 'Maximum', label: 'relay' }),
          publish.function.metric('IteratorAge', { statistic: 'Maximum', label: 'publish' }),
        ]),
      ],
      [
        graph(
          'Timers: throttled and failed',
          TIMER_FAILURES.map((name) => timerMetric(timers.group, name)),
        ),
        graph('Timers: delivery attempts', [timerMetric(timers.group, 'InvocationAttemptCount')]),
      ],
    ],
  })
}

/** Throttled by Scheduler, throttled by SQS, other errors of SQS, and given up. */
const TIMER_FAILURES = ['InvocationThrottleCount', 'TargetErrorThrottledCount', 'TargetErrorCount', 'InvocationDroppedCount']

const graph = (title: string, left: readonly IMetric[]) => new GraphWidget({ title, width: 8, left: [...left] })
