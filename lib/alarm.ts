import type { AlarmProps } from 'aws-cdk-lib/aws-cloudwatch'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { errors, throttles } from './metrics.ts'

/** What an alarm measures, when it rings, and what its notification says: what happened, the number, and the first action. */
export type Definition = Pick<AlarmProps, 'metric' | 'threshold' | 'evaluationPeriods' | 'alarmDescription'> &
  Partial<Pick<AlarmProps, 'comparisonOperator' | 'treatMissingData'>>

/** A duration for a description. */
export const seconds = (ms: number): string => `${ms / 1_000} seconds`

/** Twice in a row, because Lambda throttles for moments while it scales, and tries again. */
export const throttled = (of: IFunction, name: string, effect: string): Definition => ({
  metric: throttles(of),
  threshold: 0,
  evaluationPeriods: 2,
  alarmDescription: `${effect} (Throttles above 0 for 10 minutes). First compare the account's concurrent executions with its quota and with accountConcurrency; lower the maxConcurrency of other lanes, raise the quota, or reserve concurrency. The function is ${name}.`,
})

/** At once: an invocation of a healthy function does not fail. What a handler throws is a result, and no failed invocation. */
export const failing = (of: IFunction, effect: string, then = ''): Definition => ({
  metric: errors(of),
  threshold: 0,
  evaluationPeriods: 1,
  alarmDescription:
    `${effect} (Errors above 0 in 5 minutes). First read the log of the function: it did not load, its process ended, or its time was over. ${then}`.trim(),
})
