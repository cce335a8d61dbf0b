import type { Facts } from './scenarios.ts'

/** An assumption about AWS on which the design rests, and how the canary measures it. */
export type Assumption = {
  readonly assumes: string
  readonly source: string
  readonly expected: string
  readonly measuredBy: string
  /** What was measured, and whether it is as expected; undefined when it was not measured. */
  readonly judge: (facts: Facts) => Verdict | undefined
}

export type Verdict = { readonly measured: string; readonly holds: boolean }

/** The value at this fraction of the sorted values. */
export const percentile = (values: readonly number[], fraction: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? Number.NaN
}

const ms = (value: number): string => `${Math.round(value).toLocaleString('en')} ms`

/** A single duration that must be at most (and at least) so long. */
const within = (value: number | undefined, mostMs: number, leastMs = 0): Verdict | undefined =>
  value === undefined ? undefined : { measured: ms(value), holds: value <= mostMs && value >= leastMs }

/** Many durations: their median, and the most of them. */
const spread = (values: readonly number[] | undefined, mostMs: number): Verdict | undefined =>
  !values || values.length === 0
    ? undefined
    : {
        measured: `median ${ms(percentile(values, 0.5))}, 99 % ${ms(percentile(values, 0.99))}`,
        holds: percentile(values, 0.99) <= mostMs,
      }

/** A count for each task that must be at most so much. */
const perTask = (value: number | undefined, most: number, unit: string): Verdict | undefined =>
  value === undefined ? undefined : { measured: `${value.toFixed(1)} ${unit}`, holds: value <= most }

const SECOND = 1_000

export const assumptions: readonly Assumption[] = [
  {
    assumes: 'A delayed message of SQS arrives at its second, so a near task starts at its time',
    source: 'SQS: *delay queues*; the granularity of a second is in the API reference',
    expected: '99 % within 5 s, with a cold start',
    measuredBy: 'tasks that are due in 20 s: the start after `notBefore`',
    judge: ({ near }) => spread(near, 5 * SECOND),
  },
  {
    assumes: 'No task starts before its time, although timers and messages come early',
    source: 'design: the claim refuses an early start',
    expected: 'none early',
    measuredBy: 'the least lateness of all tasks',
    judge: ({ near, herd }) => {
      const all = [...(near ?? []), ...(herd?.lateness ?? [])]
      const early = all.filter((it) => it < 0).length
      return all.length === 0 ? undefined : { measured: `${early} of ${all.length} early`, holds: early === 0 }
    },
  },
  {
    assumes: 'The stream shows a change, and the relay has acted on it, within a second or two',
    source: 'DynamoDB Streams: *near real time*, without a bound',
    expected: 'within 5 s',
    measuredBy: 'a failure task: its creation after the end of the failed task',
    judge: ({ failureTaskAfter }) => within(failureTaskAfter, 5 * SECOND),
  },
  {
    assumes: 'API, table, stream, queue and function together take about a second',
    source: 'sum of the parts; no page of AWS has a bound',
    expected: '99 % within 5 s',
    measuredBy: 'tasks that are due now: the start after the creation',
    judge: ({ createToStart }) => spread(createToStart, 5 * SECOND),
  },
  {
    assumes: 'A new process of an executor is ready within seconds',
    source: 'Lambda: *execution environment lifecycle*, at most 10 s for the initialisation',
    expected: 'at most 3 s',
    measuredBy: 'the age of a process at its first task',
    judge: ({ cold }) => (cold && cold.length > 0 ? within(Math.max(...cold), 3 * SECOND) : undefined),
  },
  {
    assumes: 'EventBridge Scheduler fires within a minute after the minute of its timer',
    source: 'EventBridge Scheduler user guide: *schedule types*, precision of 60 s',
    expected: 'a far task starts within 5 s of its time',
    measuredBy: 'with `--far`: a task that is due in 17 minutes',
    judge: ({ farLateness }) => within(farLateness, 5 * SECOND),
  },
  {
    assumes: 'A standard queue rarely delivers a message twice, and a second delivery runs no handler',
    source: 'SQS: *at-least-once delivery*',
    expected: 'no second attempt in the herd',
    measuredBy: 'the attempts of the tasks of the herd',
    judge: ({ herd }) =>
      herd && { measured: `${herd.repeatedCount} of ${herd.count} ran twice`, holds: herd.repeatedCount === 0 },
  },
  {
    assumes: 'Lambda takes up a thousand messages that become visible at one time within a minute',
    source: 'Lambda: *SQS event source*, up to 300 more pollers a minute (for a lane of 50 concurrent executions)',
    expected: 'all of the herd within 60 s',
    measuredBy: 'the last start of 1,000 tasks of one time',
    judge: ({ herd }) =>
      herd && {
        measured: `median ${ms(percentile(herd.lateness, 0.5))}, last ${ms(percentile(herd.lateness, 1))}`,
        holds: percentile(herd.lateness, 1) <= 60 * SECOND,
      },
  },
  {
    assumes: 'A conditional write lets one of many win',
    source: 'DynamoDB: *condition expressions*',
    expected: 'ten requests with one idempotency key create one task',
    measuredBy: 'ten requests at the same time',
    judge: ({ tasksOfOneKey }) =>
      tasksOfOneKey === undefined ? undefined : { measured: `${tasksOfOneKey} created`, holds: tasksOfOneKey === 1 },
  },
  {
    assumes: 'A retry starts after its wait',
    source: 'as for delayed messages',
    expected: 'from 5 s to 10 s, for a wait of 5 s',
    measuredBy: 'a task whose first attempt fails',
    judge: ({ retryWait }) => within(retryWait, 10 * SECOND, 5 * SECOND),
  },
  {
    assumes: 'A consistent read sees the last write: a gate never has more than its limit',
    source: 'DynamoDB: *read consistency*',
    expected: 'at most 2 at once',
    measuredBy: 'six tasks at a gate of two: their runs overlap',
    judge: ({ mostAtGate }) =>
      mostAtGate === undefined ? undefined : { measured: `${mostAtGate} at once`, holds: mostAtGate <= 2 },
  },
  {
    assumes: 'SQS gives no order, so a waitlist does: tasks are admitted in the order in which they joined it',
    source: 'SQS: *standard queues*, best-effort ordering',
    expected: 'in order',
    measuredBy: 'the histories of the tasks that waited',
    judge: ({ isGateInOrder }) =>
      isGateInOrder === undefined ? undefined : { measured: isGateInOrder ? 'in order' : 'out of order', holds: isGateInOrder },
  },
  {
    assumes: 'A handler learns of a cancel within seconds',
    source: 'design: the executor reads its row every 5 s',
    expected: 'within 10 s',
    measuredBy: 'the signal of a running task after its cancel',
    judge: ({ cancelAfter }) => within(cancelAfter, 10 * SECOND),
  },
  {
    assumes: 'SQS delivers the message of a killed function again after its visibility timeout',
    source: 'SQS: *visibility timeout*',
    expected: 'two attempts, the second within 5 minutes',
    measuredBy: 'a handler that kills its process',
    judge: ({ killedAfter, killedAttempts }) =>
      killedAfter === undefined
        ? undefined
        : {
            measured: `${killedAttempts} attempts, the second after ${ms(killedAfter)}`,
            holds: killedAttempts === 2 && killedAfter <= 300 * SECOND,
          },
  },
  {
    assumes: 'The clocks of Lambda differ little',
    source: 'Amazon Time Sync Service; the design bears seconds',
    expected: 'within 2 s of this machine, half a request included',
    measuredBy: 'the time of `GET /v1/health`',
    judge: ({ clockSkew }) =>
      clockSkew === undefined ? undefined : { measured: ms(clockSkew), holds: Math.abs(clockSkew) <= 2 * SECOND },
  },
  {
    assumes: 'A plain task costs four write units',
    source: '[cost.md](cost.md#what-was-counted), counted on DynamoDB Local',
    expected: 'at most 6 for each task of the run',
    measuredBy: 'with `--stack` or `--table`: `ConsumedWriteCapacityUnits` of CloudWatch, for all tasks of the run',
    judge: ({ writeUnitsPerTask }) => perTask(writeUnitsPerTask, 6, 'units'),
  },
  {
    assumes: 'A plain task costs a read unit or two, and each look at it one more',
    source: 'the same; the canary looks at each task once or more',
    expected: 'at most 12 for each task of the run',
    measuredBy: 'with `--stack`: `ConsumedReadCapacityUnits` of CloudWatch',
    judge: ({ readUnitsPerTask }) => perTask(readUnitsPerTask, 12, 'units'),
  },
  {
    assumes: 'A near task needs one message',
    source: 'the same',
    expected: 'at most 3 for each task of the run, with retries and gates',
    measuredBy: 'with `--stack`: `NumberOfMessagesSent` of all queues',
    judge: ({ messagesPerTask }) => perTask(messagesPerTask, 3, 'messages'),
  },
  {
    assumes: 'A near task needs at most four invocations beside the API: three changes and one message, fewer in batches',
    source: 'the same',
    expected: 'at most 6 for each task of the run',
    measuredBy: 'with `--stack`: `Invocations` of all functions but that of the API',
    judge: ({ invocationsPerTask }) => perTask(invocationsPerTask, 6, 'invocations'),
  },
  {
    assumes: 'Only a far task needs a timer',
    source: 'design: a message bridges 15 minutes',
    expected: 'at most 10 delivered: the sweep, and with `--far` one task',
    measuredBy: 'with `--stack`: `InvocationAttemptCount` of the schedule groups',
    judge: ({ timersFired }) =>
      timersFired === undefined ? undefined : { measured: `${timersFired} timers`, holds: timersFired <= 10 },
  },
  {
    assumes: 'A new table on demand takes this load without throttling',
    source: 'DynamoDB: *on-demand capacity mode*, 4,000 write units a second at once',
    expected: 'none',
    measuredBy: 'with `--stack` or `--table`: `WriteThrottleEvents` of CloudWatch, with those of the indexes',
    judge: ({ throttledCount }) =>
      throttledCount === undefined ? undefined : { measured: `${throttledCount} throttled`, holds: throttledCount === 0 },
  },
]

const NOT_MEASURED = 'not measured'

/** The result of a run: a line for each assumption. */
export const verdictTable = (facts: Facts): string => {
  const lines = assumptions.map(({ assumes, expected, judge }) => {
    const verdict = judge(facts)
    const mark = verdict ? (verdict.holds ? 'holds' : '**DOES NOT HOLD**') : ''
    return `| ${assumes} | ${expected} | ${verdict?.measured ?? NOT_MEASURED} | ${mark} |`
  })
  return ['| assumption | expected | measured | |', '|---|---|---|---|', ...lines].join('\n')
}

/** The assumptions that were measured and do not hold. */
export const broken = (facts: Facts): readonly Assumption[] => assumptions.filter(({ judge }) => judge(facts)?.holds === false)

/** The table of docs/assumptions.md. */
export const assumptionTable = (): string => {
  const lines = assumptions.map(
    ({ assumes, source, expected, measuredBy }) => `| ${assumes} | ${source} | ${expected} | ${measuredBy} |`,
  )
  return ['| assumption | source | expected | how the canary measures it |', '|---|---|---|---|', ...lines].join('\n')
}
