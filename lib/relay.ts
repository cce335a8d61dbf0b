import { Duration } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import type { Env } from '../worlds/aws/env.ts'
import { acknowledgeWildcard } from './acknowledge.ts'
import { deadLetterQueue } from './dead-letters.ts'
import { functionFor } from './function.ts'
import type { Store } from './table.ts'

/** The table whose changes are relayed. */
export type RelayProps = { readonly store: Store; readonly env: Partial<Env> & Pick<Env, 'environmentId'> }

/**
 * The relay: hears the table's stream. A batch that fails is halved until the bad record is alone, tried a bounded number
 * of times and then named on a dead-letter queue, because a record that is tried for ever would hold up its whole shard.
 */
export class Relay extends Construct {
  readonly function: NodejsFunction
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { store, env }: RelayProps) {
    super(scope, id)
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', LIMITS.buryTimeoutMs)
    this.function = functionFor(this, 'Function', { step: 'relay', memoryMb: 512, timeoutMs: LIMITS.relayTimeoutMs, env })
    grantListening(this.function, store)
    this.function.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }))
    new EventSourceMapping(this, 'Stream', {
      target: this.function,
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
      onFailure: { bind: () => ({ destination: this.deadLetters.queueArn }) },
    })
  }
}

/** What Lambda's poller needs of the function's role to read the stream. */
const grantListening = (to: NodejsFunction, { streamArn, table }: Store): void => {
  const reading = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator']
  to.addToRolePolicy(new PolicyStatement({ actions: reading, resources: [streamArn] }))
  const streams = `${table.tableArn}/stream/*`
  to.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: [streams] }))
  acknowledgeWildcard(to, streams, 'ListStreams is asked of all streams of a table, never of one. The table is our own.')
}
