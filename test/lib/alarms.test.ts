import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { apply } from '../../engine/apply.ts'
import { handleDeadLetter } from '../../engine/dead-letters.ts'
import { sweep } from '../../engine/sweep/sweep.ts'
import { arm } from '../../engine/unarmed.ts'
import { appOf, type EngineWorld, engineWorld, given, keyOf, messageFor, rowOf } from '../engine/world.ts'
import { alarmOf, type Dimensions, rings, type Series } from './alarm-state.ts'
import { type Emitted, emitted } from './emitted.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

/**
 * Each alarm is tested by the metric that makes it ring: the metrics of AWS with the names and dimensions of its documentation, and
 * Carillon's own as its functions write them. Each has a case that rings and a healthy one that does not.
 */

const template = templateOf({ environmentId: 'staging' })
const idOf = (type: string, id: RegExp): string => Object.keys(resourcesOf(template, type, id))[0] ?? `no ${type} ${id}`
const MINUTES = 60

/** One value at each minute of an hour, and of half an hour before. */
const always = (valueAt: (minute: number) => number | undefined): Series['points'] =>
  Array.from({ length: MINUTES + 30 }, (_, at) => ({ minute: at - 29, value: valueAt(at - 29) })).filter(
    (point): point is { minute: number; value: number } => point.value !== undefined,
  )
const once = (value: number) => always((minute) => (minute === 17 ? value : undefined))
const zero = always(() => 0)

/** The metrics of AWS. Sources: the pages on metrics of Lambda, SQS, DynamoDB, API Gateway (HTTP APIs) and EventBridge Scheduler. */
const aws =
  (namespace: string, dimensions: Dimensions) =>
  (name: string, points: Series['points']): Series => ({
    namespace,
    name,
    dimensions,
    points,
  })
const functionMetric = (name: string) =>
  aws('AWS/Lambda', { FunctionName: { Ref: idOf('AWS::Lambda::Function', new RegExp(`^Carillon${name}Function[0-9A-F]{8}$`)) } })
const queueMetric = (id: RegExp) => aws('AWS/SQS', { QueueName: { 'Fn::GetAtt': [idOf('AWS::SQS::Queue', id), 'QueueName'] } })
const laneMetric = (lane: string) => queueMetric(new RegExp(`^CarillonLanes${lane}Queue`))
const TABLE = { TableName: { Ref: idOf('AWS::DynamoDB::Table', /./) } }
const tableMetric = aws('AWS/DynamoDB', TABLE)
const indexMetric = (index: string) => aws('AWS/DynamoDB', { ...TABLE, GlobalSecondaryIndexName: index })
const apiMetric = aws('AWS/ApiGateway', { ApiId: { Ref: idOf('AWS::ApiGatewayV2::Api', /./) } })
const timerGroup = theOne(template, 'AWS::Scheduler::ScheduleGroup', /^CarillonTimers/).Properties.Name
const timerMetric = aws('AWS/Scheduler', {
  ScheduleGroup: timerGroup ?? { Ref: idOf('AWS::Scheduler::ScheduleGroup', /^CarillonTimers/) },
})

/** Carillon's own metrics, of the namespace that its functions have in the template. */
const namespace: string = theOne(template, 'AWS::Lambda::Function', /^CarillonExecutornormal/).Properties.Environment.Variables
  .POWERTOOLS_METRICS_NAMESPACE
const own = new Map<string, readonly Emitted[]>()
const emit = async (name: string, action: (world: EngineWorld) => Promise<unknown>) => {
  const world = engineWorld()
  own.set(name, await emitted(namespace, world, action))
}
/** What an action has emitted, repeated at these minutes. */
const ownSeries = (name: string, at: readonly number[]): readonly Series[] =>
  (own.get(name) ?? []).map(({ values, ...metric }) => ({
    ...metric,
    points: at.flatMap((minute) => values.map((value) => ({ minute, value }))),
  }))

const startLate = (lateMs: number, lane: string) => async (world: EngineWorld) => {
  const row = await given(world, 't1', {
    policy: { type: 'greet', schema: 1, lane, timeoutMs: 1_000, retry: { policy: 'none' } },
  })
  const at = row.notBefore + lateMs
  await apply(world, keyOf('t1'), () => ({ name: 'claim', at, by: 'w', epoch: row.epoch, owner: 'w', leaseMs: 60_000 }))
}
const failed = async (world: EngineWorld, more: object) => {
  const row = await given(world, 't1', more)
  const error = { code: 'Wrong', message: 'wrong', retriable: false }
  await apply(world, keyOf('t1'), () => ({ name: 'fail', at: row.notBefore, by: 'w', error, retentionMs: 1_000 }))
}

const LANES = ['high', 'normal', 'low', 'long']
beforeAll(async () => {
  for (const lane of LANES) {
    await emit(`late on ${lane}`, startLate(LIMITS.latenessAlarmMs + 1_000, lane))
    await emit(`prompt on ${lane}`, startLate(800, lane))
  }
  await emit('dead letter of a task', async (world) => {
    await given(world, 't1')
    await handleDeadLetter(world, appOf(), { ...messageFor(await rowOf(world, 't1')), source: 'lane:normal' })
  })
  await emit('unreadable message', (world) =>
    handleDeadLetter(world, appOf(), { id: 'm', body: 'x', receiveCount: 1, source: 'timers' }),
  )
  await emit('failure', (world) => failed(world, {}))
  await emit('failed failure task', (world) => failed(world, { failureOf: 't0' }))
  await emit('lost wake-up', async (world) => {
    await given(world, 't1')
    const later = { ...world, clock: { ...world.clock, now: () => world.now + LIMITS.sweepGraceMs + 1 } }
    await sweep(later, appOf())
  })
  await emit('refused timer', (world) => {
    const refusing = { ...world, timers: { ...world.timers, arm: () => Promise.reject(new Error('throttled')) } }
    const nudge = { kind: 'task', tenant: 'acme', id: 't1', epoch: 1, lane: 'normal', dueAt: world.now } as const
    return arm(refusing, { name: 't1-1', at: world.now, nudge })
  })
  await emit('sweep of a healthy deployment', async (world) => {
    await given(world, 't1')
    await sweep(world, appOf())
  })
})

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
    () => [
      functionMetric('Relay')(
        'IteratorAge',
        always((minute) => minute * 10_000),
      ),
    ],
    () => [
      functionMetric('Relay')(
        'IteratorAge',
        always((minute) => (minute % 9 === 0 ? 90_000 : 400)),
      ),
    ],
  ],
  [
    'EventLag',
    () => [
      functionMetric('Publish')(
        'IteratorAge',
        always((minute) => minute * 10_000),
      ),
    ],
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
  ...['agenda', 'watch', 'attention'].map((index) =>
    throttledStore(`WritesThrottled-${index}`, indexMetric(index), 'WriteThrottleEvents'),
  ),
  errorsOf('Errors-relay', 'Relay'),
  errorsOf('Errors-publish', 'Publish'),
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

/** What AWS measures when a function is throttled for an hour, or fails each time, beside its own metric of that name. */
const FUNCTIONS: readonly (readonly [name: string, also: () => readonly Series[], throttled: string, failing: string])[] = [
  ...['high', 'normal', 'low', 'long'].map(
    (lane) => [`Executor${lane}`, () => [], `Throttles-${lane}`, `Errors-${lane}`] as const,
  ),
  ['Control', () => [], 'Throttles-control', 'Errors-control'],
  // A function that is not invoked has no IteratorAge.
  ['Relay', () => [], 'Throttles-relay', 'Errors-relay'],
  ['Publish', () => [], 'Throttles-publish', 'Errors-publish'],
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
      ...also(),
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
      ...also(),
    ]
    expect(rings(alarmOf(template, failing), series, MINUTES)).toBe(true)
  })
})

afterAll(() => own.clear())
