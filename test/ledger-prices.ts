import type { Bill } from './ledger.ts'

/** us-east-1, on demand, without any free tier: dollars for a million of each. docs/cost.md says where each comes from. */
const PRICES = {
  writeUnits: 0.625,
  readUnits: 0.125,
  /** A standard queue's request, and the surcharge of one with a message group: ours have one, a timer's has none. */
  queueRequests: 0.4,
  groupedRequests: 0.1,
  timers: 1,
  apiRequests: 1,
  functionRequests: 0.2,
  /** GB-seconds on arm64. */
  functionGbS: 13.3334,
  traces: 5,
  /** Dollars a gigabyte: logs taken in; and a month of a table's storage with its point-in-time recovery. */
  logGb: 0.5,
  storedGb: 0.25 + 0.2,
}

/** What is not counted but assumed; docs/cost.md says so. */
const ASSUMED = {
  /** A message is sent, received and deleted, each alone. */
  requestsPerMessage: 3,
  /** 50 ms at 512 MB. */
  gbSPerInvocation: 0.05 * 0.5,
  /** Lambda's own lines and one of ours. */
  logKbPerInvocation: 1,
  /** Lambda's own sampling, above the first request of each second. */
  tracesPerInvocation: 0.05,
  /** The item, its index entries and DynamoDB's overhead, kept for a month. */
  storedKbPerTask: 1.5,
}

/** A million such tasks, in dollars, by what is paid for. */
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

/** The prices of some lives side by side, as a table in Markdown. */
export const priceTable = (lives: ReadonlyMap<string, Bill>): string => {
  const prices = [...lives.values()].map(priceOf)
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
  return [`| a million tasks | ${[...lives.keys()].join(' | ')} |`, `|---|${'---:|'.repeat(lives.size)}`, ...lines, total].join(
    '\n',
  )
}

const row = (name: string, prices: readonly number[]): string =>
  `| ${name} | ${prices.map((price) => `$${price.toFixed(2)}`).join(' | ')} |`
