import type { Bill } from './ledger.ts'

/** us-east-1, on demand, without any free tier: dollars for a million of each. docs/cost.md gives the source of each. */
export const PRICES = {
  writeUnits: 0.625,
  readUnits: 0.125,
  /** A request of a standard queue, and the surcharge for a message group. Carillon's messages have a group, those of timers have none. */
  queueRequests: 0.4,
  groupedRequests: 0.1,
  timers: 1,
  apiRequests: 1,
  functionRequests: 0.2,
  /** GB-seconds on arm64. */
  functionGbS: 13.3334,
  traces: 5,
  /** Dollars per gigabyte: log ingestion; one month of table storage with point-in-time recovery. */
  logGb: 0.5,
  storedGb: 0.25 + 0.2,
}

/** Dollars a month for each: a metric of an alarm, a dashboard, a metric of one's own. */
export const MONTHLY = { alarmMetrics: 0.1, dashboards: 3, metrics: 0.3 }

/** Assumptions for everything that the ledger does not count; see docs/cost.md. */
const ASSUMED = {
  /** A message is sent, received and deleted, without batching. */
  requestsPerMessage: 3,
  /** 50 ms at 512 MB. */
  gbSPerInvocation: 0.05 * 0.5,
  /** Lambda's own log lines and one line of Carillon. */
  logKbPerInvocation: 1,
  /** Lambda's default sampling, above the first request of each second. */
  tracesPerInvocation: 0.05,
  /** The item, its index entries and DynamoDB's overhead, stored for a month. */
  storedKbPerTask: 1.5,
}

/** The price of a million such tasks in dollars, by item. */
export const priceOf = (bill: Bill): ReadonlyMap<string, number> => {
  const invocations = 1 + bill.relayed + bill.executed
  const requests = (messages: number) => messages * ASSUMED.requestsPerMessage
  return new Map([
    ['DynamoDB writes', bill.writeUnits * PRICES.writeUnits],
    ['DynamoDB reads', bill.readUnits * PRICES.readUnits],
    [
      'SQS requests',
      requests(bill.messages) * PRICES.queueRequests + requests(bill.messages - bill.timers) * PRICES.groupedRequests,
    ],
    ['EventBridge Scheduler', bill.timers * PRICES.timers],
    ['API Gateway', PRICES.apiRequests],
    ['Lambda requests', invocations * PRICES.functionRequests],
    ['Lambda time', invocations * ASSUMED.gbSPerInvocation * PRICES.functionGbS],
    // A kilobyte of each of a million is a gigabyte.
    ['CloudWatch Logs', invocations * ASSUMED.logKbPerInvocation * PRICES.logGb],
    ['X-Ray traces', invocations * ASSUMED.tracesPerInvocation * PRICES.traces],
    ['storage for a month', ASSUMED.storedKbPerTask * PRICES.storedGb],
  ])
}

/** The prices of several scenarios as a Markdown table. */
export const priceTable = (scenarios: ReadonlyMap<string, Bill>): string => {
  const prices = [...scenarios.values()].map(priceOf)
  const lines = [...(prices[0]?.keys() ?? [])].map((line) =>
    row(
      line,
      prices.map((it) => it.get(line) ?? 0),
    ),
  )
  const total = row(
    '**together**',
    prices.map((it) => [...it.values()].reduce((sum, price) => sum + price, 0)),
  )
  return [
    `| a million tasks | ${[...scenarios.keys()].join(' | ')} |`,
    `|---|${'---:|'.repeat(scenarios.size)}`,
    ...lines,
    total,
  ].join('\n')
}

const row = (name: string, prices: readonly number[]): string =>
  `| ${name} | ${prices.map((price) => `$${price.toFixed(2)}`).join(' | ')} |`
