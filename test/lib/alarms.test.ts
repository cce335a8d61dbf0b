import { beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { alarmOf, rings, type Series } from './alarm-state.ts'
import {
  always,
  apiMetric,
  type aws,
  functionMetric,
  idOf,
  indexMetric,
  laneMetric,
  MINUTES,
  once,
  queueMetric,
  tableMetric,
  template,
  timerMetric,
  zero,
} from './aws-metrics.ts'
import { emitAll, LANES, ownSeries } from './own-metrics.ts'
import { resourcesOf } from './synth.ts'

/**
 * Each alarm is tested by the metric that makes it ring: the metrics of AWS with the names and dimensions of its documentation, and
 * Carillon's own as its functions write them. Each has a case that rings and a healthy one that does not.
 */

beforeAll(emitAll)

type Case = readonly [alarm: string, ringing: () => readonly Series[], healthy: () => readonly Series[]]

const each5 = Array.from({ length: MINUTES / 5 }, (_, at) => (at + 1) * 5)

const errorsOf = (alarm: string, name: string): Case => [
  alarm,
  () => [functionMetric(name)('Errors', once(1))],
  () => [functionMetric(name)('Errors', zero), functionMetric(name)('Throttles', once(5))],
]
const throttlesOf = (alarm: string, name: string): Case => [
  alarm,
  // The poller tries again after the visibility timeout.
  () => [
    functionMetric(name)(
      'Throttles',
      always((minute) => (minute % 2 === 0 ? 1 : undefined)),
    ),
  ],
  // For a moment, while Lambda scales.
  () => [functionMetric(name)('Throttles', once(40)), functionMetric(name)('Errors', once(1))],
]
const throttledStore = (alarm: string, metric: ReturnType<typeof aws>, name: string): Case => [
  alarm,
  () => [
    metric(
      name,
      always((minute) => (minute > 20 ? 3 : undefined)),
    ),
  ],
  () => [
    metric(name, once(1_000)),
    metric(
      name.startsWith('Read') ? 'WriteThrottleEvents' : 'ReadThrottleEvents',
      always(() => 9),
    ),
  ],
]

/** The oldest message of a lane: a healthy one waits for the longest delay, and then runs as long as it may. */
const backlogOf = (lane: string, runMs: number): Case => [
  `Backlog-${lane}`,
  () => [
    laneMetric(lane)(
      'ApproximateAgeOfOldestMessage',
      always((minute) => minute * 60),
    ),
  ],
  () => [
    laneMetric(lane)(
      'ApproximateAgeOfOldestMessage',
      always(() => (LIMITS.queueDelayMs + runMs) / 1_000),
    ),
  ],
]

const sweepEvery5 = functionMetric('Sweep')(
  'Invocations',
  always((minute) => (minute % 5 === 0 ? 1 : undefined)),
)

const cases: readonly Case[] = [
  ['DeadLetters', () => ownSeries('dead letter of a task', [7]), () => ownSeries('failure', each5)],
  ['FailureTaskFailed', () => ownSeries('failed failure task', [7]), () => ownSeries('failure', each5)],
  ['TimersRefused', () => ownSeries('refused timer', each5), () => ownSeries('refused timer', [7])],
  ['SweepLag', () => ownSeries('sweep that is behind', each5), () => ownSeries('sweep of a healthy deployment', each5)],
  ['SweepRepairs', () => ownSeries('lost wake-up', [7]), () => ownSeries('sweep of a healthy deployment', each5)],
  [
    'DeadLetterQueueDepth',
    () => [
      queueMetric(/DeadLetter/)(
        'ApproximateNumberOfMessagesVisible',
        always(() => 1),
      ),
    ],
    // It is consumed within seconds.
    () => [queueMetric(/DeadLetter/)('ApproximateNumberOfMessagesVisible', once(10))],
  ],
  [
    'SweepErrors',
    () => [
      functionMetric('Sweep')(
        'Errors',
        always((minute) => (minute % 5 === 0 ? 1 : undefined)),
      ),
    ],
    () => [functionMetric('Sweep')('Errors', once(1))],
  ],
  ['SweepNotRunning', () => [], () => [sweepEvery5]],
  [
    'RelayLag',
    () => [functionMetric('Relay')('IteratorAge', behind)],
    () => [
      functionMetric('Relay')(
        'IteratorAge',
        always((minute) => (minute % 9 === 0 ? 90_000 : 400)),
      ),
    ],
  ],
  [
    'EventLag',
    () => [functionMetric('Publish')('IteratorAge', behind)],
    () => [
      functionMetric('Publish')(
        'IteratorAge',
        always(() => 400),
      ),
      functionMetric('Relay')(
        'IteratorAge',
        always(() => 90_000),
      ),
    ],
  ],
  [
    'ApiFaults',
    () => [apiMetric('5xx', once(5))],
    () => [
      apiMetric(
        '5xx',
        always((minute) => (minute % 5 === 0 ? 2 : 0)),
      ),
      apiMetric(
        '4xx',
        always(() => 99),
      ),
    ],
  ],
  [
    'TimersDropped',
    () => [timerMetric('InvocationDroppedCount', once(1))],
    () => [
      timerMetric(
        'InvocationThrottleCount',
        always(() => 9),
      ),
      timerMetric('InvocationDroppedCount', zero),
    ],
  ],
  throttledStore('ReadsThrottled', tableMetric, 'ReadThrottleEvents'),
  throttledStore('WritesThrottled', tableMetric, 'WriteThrottleEvents'),
  ...['agenda', 'watch', 'attention'].flatMap((index) => [
    throttledStore(`ReadsThrottled-${index}`, indexMetric(index), 'ReadThrottleEvents'),
    throttledStore(`WritesThrottled-${index}`, indexMetric(index), 'WriteThrottleEvents'),
  ]),
  errorsOf('Errors-relay', 'Relay'),
  throttlesOf('Throttles-relay', 'Relay'),
  throttlesOf('Throttles-publish', 'Publish'),
  ...LANES.map(
    (lane): Case => [`Lateness-${lane}`, () => ownSeries(`late on ${lane}`, each5), () => ownSeries(`prompt on ${lane}`, each5)],
  ),
  ...LANES.flatMap((lane) => [
    errorsOf(`Errors-${lane}`, `Executor${lane}`),
    throttlesOf(`Throttles-${lane}`, `Executor${lane}`),
  ]),
  errorsOf('Errors-control', 'Control'),
  throttlesOf('Throttles-control', 'Control'),
  ...['high', 'normal', 'low', 'control'].map((lane) => backlogOf(lane, 50_000)),
  backlogOf('long', 830_000),
]

describe('an alarm', () => {
  test.each(cases)('%s rings', (name, ringing) => expect(rings(alarmOf(template, name), ringing(), MINUTES)).toBe(true))

  test.each(cases)('%s does not ring in health', (name, _, healthy) => {
    const series = healthy()
    expect(series.length).toBeGreaterThan(0)
    expect(rings(alarmOf(template, name), series, MINUTES)).toBe(false)
  })

  test.each(cases.filter(([name]) => name !== 'SweepNotRunning'))('%s does not ring without data', (name) =>
    expect(rings(alarmOf(template, name), [], MINUTES)).toBe(false),
  )

  test('has a case here', () => {
    const ids = Object.keys(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((id) =>
      id.replace(/^CarillonMonitoringAlarms(.*)[0-9A-F]{8}$/, '$1'),
    )
    expect(ids.sort()).toEqual(cases.map(([name]) => name.replaceAll('-', '')).sort())
  })

  test('DeadLetters rings for an unreadable message too', () =>
    expect(rings(alarmOf(template, 'DeadLetters'), ownSeries('unreadable message', [7]), MINUTES)).toBe(true))
})

/** A consumer of the stream that falls further behind each minute. */
const behind = always((minute) => minute * 10_000)

/** What AWS measures when a function is throttled for an hour, or fails each time, beside its own metric of that name. */
const FUNCTIONS: readonly (readonly [
  name: string,
  also: (isInvoked: boolean) => readonly Series[],
  throttled: string,
  failing: string,
])[] = [
  ...['high', 'normal', 'low', 'long'].map(
    (lane) => [`Executor${lane}`, () => [], `Throttles-${lane}`, `Errors-${lane}`] as const,
  ),
  ['Control', () => [], 'Throttles-control', 'Errors-control'],
  // A function that is not invoked has no IteratorAge.
  ['Relay', () => [], 'Throttles-relay', 'Errors-relay'],
  [
    'Publish',
    (isInvoked) => (isInvoked ? [functionMetric('Publish')('IteratorAge', behind)] : []),
    'Throttles-publish',
    'EventLag',
  ],
  ['Sweep', () => [], 'SweepNotRunning', 'SweepErrors'],
  [
    'DeadLetters',
    () => [
      queueMetric(/DeadLetter/)(
        'ApproximateNumberOfMessagesVisible',
        always(() => 1),
      ),
    ],
    'DeadLetterQueueDepth',
    'DeadLetterQueueDepth',
  ],
  [
    'Api',
    () => [
      apiMetric(
        '5xx',
        always(() => 1),
      ),
    ],
    'ApiFaults',
    'ApiFaults',
  ],
]

describe('each function', () => {
  test('is in this table', () =>
    expect(FUNCTIONS.map(([name]) => idOf('AWS::Lambda::Function', new RegExp(`^Carillon${name}Function`))).sort()).toEqual(
      Object.keys(resourcesOf(template, 'AWS::Lambda::Function')).sort(),
    ))

  test.each(FUNCTIONS)('%s that is throttled makes an alarm ring', (name, also, throttled) => {
    const series = [
      functionMetric(name)(
        'Throttles',
        always(() => 1),
      ),
      ...also(false),
    ]
    expect(rings(alarmOf(template, throttled), series, MINUTES)).toBe(true)
  })

  test.each(FUNCTIONS)('%s that fails makes an alarm ring', (name, also, _, failing) => {
    const metric = functionMetric(name)
    const series = [
      metric(
        'Errors',
        always(() => 1),
      ),
      metric(
        'Invocations',
        always(() => 1),
      ),
      ...also(true),
    ]
    expect(rings(alarmOf(template, failing), series, MINUTES)).toBe(true)
  })
})
