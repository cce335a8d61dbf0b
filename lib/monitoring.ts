import { type Alarm, AlarmStatusWidget, Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import type { Metric } from '../engine/world.ts'
import { Alarms, type AlarmsProps } from './alarms.ts'
import { ageOf, carillonMetric, lyingOn, timerMetric } from './metrics.ts'
import type { Timers } from './timers.ts'

/** The resources whose metrics are shown, and those that alarms use. */
export type MonitoringProps = AlarmsProps & { readonly timers: Timers }

/** A dashboard, and alarms on the conditions that a healthy deployment does not have. */
export class Monitoring extends Construct {
  readonly alarms: Alarms

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id)
    this.alarms = new Alarms(this, 'Alarms', props)
    dashboard(this, 'Dashboard', props, this.alarms.all)
  }
}

/** One page: is it on time, how much goes through, what waits, what went wrong. */
const dashboard = (scope: Construct, id: string, props: MonitoringProps, alarms: readonly Alarm[]): Dashboard => {
  const { environmentId, lanes, timers, relay, publish, deadLetters } = props
  const count = (...names: readonly Metric[]) => names.map((name) => carillonMetric(environmentId, name, 'Sum'))
  const lateness = (statistic: string) =>
    lanes.all.map(({ lane }) => carillonMetric(environmentId, 'StartLateness', statistic, lane.name).with({ label: lane.name }))
  return new Dashboard(scope, id, {
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', width: 24, alarms: [...alarms] })],
      [
        graph('Start lateness, p50 (ms)', lateness('p50')),
        graph('Start lateness, p99 (ms)', lateness('p99')),
        graph('Throughput', count('Created', 'Ready', 'Blocked', 'Started', 'Retried')),
      ],
      [
        graph('How tasks end', count('Succeeded', 'Failed', 'Conflicted', 'Cancelled', 'Expired', 'Removed')),
        graph('Failure tasks', count('FailureTaskCreated', 'FailureTaskFailed')),
        graph('Refused and repaired', count('Fenced', 'Superseded', 'SweepRepairs')),
      ],
      [
        graph(
          'Age of the oldest message (s)',
          lanes.every.map(({ lane, queue }) => ageOf(queue).with({ label: lane.name })),
        ),
        graph('Dead letters', [...count('DeadLetters'), lyingOn(deadLetters)]),
        graph('Age of the changes that are heard (ms)', [
          relay.function.metric('IteratorAge', { statistic: 'Maximum', label: 'relay' }),
          publish.function.metric('IteratorAge', { statistic: 'Maximum', label: 'publish' }),
        ]),
      ],
      [
        graph(
          'Timers: throttled and failed',
          TIMER_TROUBLES.map((name) => timerMetric(timers.group, name)),
        ),
        graph('Timers: fired', [timerMetric(timers.group, 'InvocationAttemptCount')]),
      ],
    ],
  })
}

/** Of Scheduler's own limit, of SQS's, of errors, and of those that were given up. */
const TIMER_TROUBLES = ['InvocationThrottleCount', 'TargetErrorThrottledCount', 'TargetErrorCount', 'InvocationDroppedCount']

const graph = (title: string, left: readonly IMetric[]) => new GraphWidget({ title, width: 8, left: [...left] })
