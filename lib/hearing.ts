import { Duration } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { EventSourceMapping, type EventSourceMappingOptions, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import { acknowledgeWildcard } from './acknowledge.ts'
import type { Store } from './table.ts'

/** Who hears what, where dead batches are named, and which records are heard (all, unless filters say otherwise). */
export type HearingProps = {
  readonly to: NodejsFunction
  readonly store: Store
  readonly deadLetters: Queue
  readonly filters?: NonNullable<EventSourceMappingOptions['filters']>
}

/**
 * Lets a function hear the table's stream. A batch that fails is halved until the bad record is alone, tried a bounded
 * number of times and then named on a dead-letter queue, because a record that is tried for ever would hold up its whole
 * shard. DynamoDB lets two hear one stream without throttling either: the relay and the publisher are those two.
 */
export const hear = (scope: Construct, id: string, { to, store, deadLetters, filters }: HearingProps): void => {
  grantListening(to, store)
  to.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }))
  new EventSourceMapping(scope, id, {
    target: to,
    eventSourceArn: store.streamArn,
    // From the oldest record that there is: a change that was made before the mapping existed must be heard as well.
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: LIMITS.relayBatchCount,
    parallelizationFactor: LIMITS.relayParallelCount,
    bisectBatchOnError: true,
    retryAttempts: LIMITS.relayTriesCount,
    reportBatchItemFailures: true,
    // Nothing waits for a batch to fill: a task that is due now starts now.
    maxBatchingWindow: Duration.seconds(0),
    onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    ...(filters ? { filters } : {}),
  })
}

/** What Lambda's poller needs of the function's role to read the stream. */
const grantListening = (to: NodejsFunction, { streamArn, table }: Store): void => {
  const reading = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator']
  to.addToRolePolicy(new PolicyStatement({ actions: reading, resources: [streamArn] }))
  const streams = `${table.tableArn}/stream/*`
  to.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: [streams] }))
  acknowledgeWildcard(to, streams, 'ListStreams is asked of all streams of a table, never of one. The table is our own.')
}
