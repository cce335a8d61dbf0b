import type { Template } from 'aws-cdk-lib/assertions'
import { theOne } from './synth.ts'

/** Dimensions as in a template or in a log line: a value is a text or a reference. */
export type Dimensions = Readonly<Record<string, unknown>>

/** The values of one metric, each at a minute. Several at one minute are several values that CloudWatch got. */
export type Series = {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Dimensions
  readonly points: readonly { readonly minute: number; readonly value: number }[]
}

type MetricStat = {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[]
  readonly Period: number
  readonly Statistic?: string
  readonly ExtendedStatistic?: string
}

/** An alarm of a template, as far as it decides its state. */
export type AlarmProperties = MetricStat & {
  readonly Metrics?: unknown
  readonly Threshold: number
  readonly EvaluationPeriods: number
  readonly DatapointsToAlarm?: number
  readonly ComparisonOperator: keyof typeof COMPARISONS
  readonly TreatMissingData?: 'breaching' | 'notBreaching' | 'missing' | 'ignore'
}

/** The alarm of a template with this name. */
export const alarmOf = (template: Template, name: string): AlarmProperties =>
  theOne(template, 'AWS::CloudWatch::Alarm', new RegExp(`^CarillonMonitoringAlarms${name.replaceAll('-', '')}[0-9A-F]{8}$`))
    .Properties

const COMPARISONS = {
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
}

/**
 * The state of an alarm at a minute, from the values that CloudWatch has got by then. The rules are those of the CloudWatch user
 * guide: values are aggregated by period, the last `EvaluationPeriods` periods count, and a period without values counts as
 * `TreatMissingData` says.
 */
export const stateAt = (alarm: AlarmProperties, series: readonly Series[], minute: number): 'OK' | 'ALARM' => {
  if (alarm.Metrics !== undefined)
    throw new Error('an alarm with several metrics has no rule here: each metric of it costs as much as an alarm')
  const periodMinutes = alarm.Period / 60
  const own = series.filter((one) => isOf(one, alarm)).flatMap(({ points }) => points)
  const periods = Array.from({ length: alarm.EvaluationPeriods }, (_, back) => minute - back * periodMinutes)
  const breaching = periods.filter((end) => {
    const values = own.filter((point) => point.minute > end - periodMinutes && point.minute <= end).map(({ value }) => value)
    if (values.length === 0) return missingIsBreaching(alarm)
    return COMPARISONS[alarm.ComparisonOperator](aggregate(alarm, values), alarm.Threshold)
  })
  return breaching.length >= (alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods) ? 'ALARM' : 'OK'
}

/** Does the alarm ring at any minute until the last one? */
export const rings = (alarm: AlarmProperties, series: readonly Series[], minutes: number): boolean =>
  Array.from({ length: minutes }, (_, at) => at + 1).some((minute) => stateAt(alarm, series, minute) === 'ALARM')

/** CloudWatch identifies a metric by namespace, name and all its dimensions: none may be missing, and none may be added. */
const isOf = (series: Series, { Namespace, MetricName, Dimensions = [] }: MetricStat): boolean =>
  series.namespace === Namespace &&
  series.name === MetricName &&
  textOf(series.dimensions) === textOf(Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])))

const textOf = (dimensions: Dimensions): string =>
  JSON.stringify(Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1)))

const missingIsBreaching = ({ TreatMissingData = 'missing' }: AlarmProperties): boolean => {
  if (TreatMissingData === 'breaching') return true
  if (TreatMissingData === 'notBreaching') return false
  throw new Error(`an alarm must say whether missing data is breaching, got ${TreatMissingData}`)
}

const aggregate = ({ Statistic, ExtendedStatistic }: MetricStat, values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const percentile = /^p(\d+)$/.exec(ExtendedStatistic ?? '')?.[1]
  if (percentile) return sorted[Math.ceil((Number(percentile) / 100) * sorted.length) - 1] ?? 0
  if (Statistic === 'Sum') return values.reduce((sum, value) => sum + value, 0)
  if (Statistic === 'Maximum') return sorted.at(-1) ?? 0
  throw new Error(`the statistic ${Statistic ?? ExtendedStatistic} has no rule here`)
}
