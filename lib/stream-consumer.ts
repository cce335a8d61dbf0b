import { Duration } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import {
  EventSourceMapping,
  type EventSourceMappingOptions,
  FilterCriteria,
  FilterRule,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { RELAYED_KINDS } from '../core/consequences.ts'
import { LIMITS } from '../core/limits.ts'
import { keyPrefix } from '../core/row/key.ts'
import { TABLE } from '../worlds/aws/dynamo/table.ts'
import { acknowledgeWildcard } from './acknowledge.ts'
import { type FunctionProps, functionFor } from './function.ts'
import type { Store } from './table.ts'

type Filters = NonNullable<EventSourceMappingOptions['filters']>

/** The step, the table whose changes it reads, and the filters that choose the records; a record that matches no filter is not delivered. */
export type StreamConsumerProps = Pick<FunctionProps, 'step' | 'env' | 'reservedConcurrency'> & {
  readonly store: Store
  readonly filters: Filters
  /** Receives the position of each batch that failed too often. */
  readonly deadLetters: Queue
}

/**
 * A function that reads the table's stream: the relay or the publisher. They are two functions, so that an unavailable event
 * bus delays no wake-up. DynamoDB throttles the readers of a stream when there are more than two.
 */
export class StreamConsumer extends Construct {
  readonly function: NodejsFunction

  constructor(scope: Construct, id: string, { store, filters, deadLetters, ...props }: StreamConsumerProps) {
    super(scope, id)
    this.function = functionFor(this, 'Function', { memoryMb: 512, timeoutMs: LIMITS.relayTimeoutMs, ...props })
    streamSource(this, 'Stream', { consumer: this.function, store, deadLetters, filters })
  }
}

/**
 * The records for the relay: changes and removals of every row that can have consequences. Documents, list entries and unique
 * names have none, so their records are not delivered and cost nothing.
 */
export const RELAY_FILTERS: Filters = [
  FilterCriteria.filter({
    dynamodb: { Keys: { [TABLE.partition]: { S: RELAYED_KINDS.flatMap((kind) => FilterRule.beginsWith(keyPrefix(kind))) } } },
  }),
]

/** The records for the publisher: changes of tasks whose type asks for events, so that other tasks cost nothing. */
export const PUBLISH_FILTERS: Filters = [
  FilterCriteria.filter({
    eventName: FilterRule.or('INSERT', 'MODIFY'),
    dynamodb: { NewImage: { events: { S: FilterRule.or('terminal', 'all') } } },
  }),
  // A removed row has no new image. Its event has the level `all` only.
  FilterCriteria.filter({
    eventName: FilterRule.isEqual('REMOVE'),
    dynamodb: { OldImage: { events: { S: FilterRule.isEqual('all') } } },
  }),
]

type StreamSource = {
  readonly consumer: NodejsFunction
  readonly store: Store
  readonly deadLetters: Queue
  readonly filters: Filters
}

/**
 * Maps the table's stream to a function. A failed batch is halved until the bad record is alone, retried a limited number of
 * times, and then named on the dead-letter queue. Without a limit, one bad record would block its whole shard.
 */
const streamSource = (scope: Construct, id: string, { consumer, store, deadLetters, filters }: StreamSource): void => {
  grantPolling(consumer, store)
  Grant.addToPrincipal({ grantee: consumer, actions: ['sqs:SendMessage'], resourceArns: [deadLetters.queueArn] })
  new EventSourceMapping(scope, id, {
    target: consumer,
    eventSourceArn: store.streamArn,
    // The oldest record in the stream, so that changes from before the mapping existed are delivered too.
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: LIMITS.relayBatchCount,
    parallelizationFactor: LIMITS.relayParallelCount,
    bisectBatchOnError: true,
    retryAttempts: LIMITS.relayTriesCount,
    reportBatchItemFailures: true,
    // Do not wait for a batch to fill: a task that is due now starts now.
    maxBatchingWindow: Duration.seconds(0),
    onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    filters,
  })
}

/** Grants what Lambda's poller needs in the function's role. `Table.grantStreamRead` of CDK would allow `ListStreams` on `*`. */
const grantPolling = (grantee: IGrantable, { streamArn, table }: Store): Grant => {
  const streams = `${table.tableArn}/stream/*`
  acknowledgeWildcard(
    grantee,
    streams,
    'ListStreams applies to all streams of a table, not to one stream. The table belongs to this deployment.',
  )
  return Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    resourceArns: [streamArn],
  }).combine(Grant.addToPrincipal({ grantee, actions: ['dynamodb:ListStreams'], resourceArns: [streams] }))
}
