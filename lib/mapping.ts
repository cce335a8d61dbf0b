import { Validations } from 'aws-cdk-lib'
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'

/** How many messages a function takes at once, and how often it runs at once for this queue. */
export type Intake = { readonly batchCount: number; readonly maxConcurrency: number }

/**
 * Lets a function take what a queue hands out, with answers for each message of a batch. The concurrency is bounded at
 * the mapping: a function's own bound would make the poller burn receives until the message is dead.
 */
export const takeFrom = (made: IFunction, queue: IQueue, { batchCount, maxConcurrency }: Intake): void => {
  queue.grantConsumeMessages(made)
  const mapping = new EventSourceMapping(made, `From${queue.node.path.replaceAll(/[^A-Za-z0-9]/g, '')}`, {
    target: made,
    eventSourceArn: queue.queueArn,
    batchSize: batchCount,
    maxConcurrency,
    reportBatchItemFailures: true,
  })
  Validations.of(mapping).acknowledge({
    id: 'Serverless-LambdaEventSourceMappingDestination',
    reason: 'A mapping of a queue has no destination for failures: its messages go to the dead-letter queue of the queue.',
  })
}
