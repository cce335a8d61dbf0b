import { Validations } from 'aws-cdk-lib'
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { type FunctionProps, functionFor } from './function.ts'

/** A queue that a function takes messages from. */
export type QueueSource = {
  readonly queue: IQueue
  /** Messages in one batch. */
  readonly batchCount: number
  /** Invocations for this queue that run at the same time. */
  readonly maxConcurrency: number
}

/** The function of a step, and the queues that it takes messages from. */
export type QueueConsumerProps = FunctionProps & { readonly sources: readonly QueueSource[] }

/** A function that consumes SQS queues: the executor of a lane, the control function, or the function for dead letters. */
export class QueueConsumer extends Construct {
  readonly function: NodejsFunction

  constructor(scope: Construct, id: string, { sources, ...props }: QueueConsumerProps) {
    super(scope, id)
    this.function = functionFor(this, 'Function', props)
    for (const source of sources) queueSource(this.function, source)
  }
}

/**
 * Maps a queue to a function, which answers for each message of a batch. The concurrency is limited at the mapping. A limit
 * of the function itself would make the poller receive messages that it cannot deliver, until they are dead letters.
 */
const queueSource = (consumer: IFunction, { queue, batchCount, maxConcurrency }: QueueSource): void => {
  queue.grantConsumeMessages(consumer)
  const mapping = new EventSourceMapping(consumer, `From${queue.node.path.replaceAll(/[^A-Za-z0-9]/g, '')}`, {
    target: consumer,
    eventSourceArn: queue.queueArn,
    batchSize: batchCount,
    maxConcurrency,
    reportBatchItemFailures: true,
  })
  Validations.of(mapping).acknowledge({
    id: 'Serverless-LambdaEventSourceMappingDestination',
    reason:
      'An event source mapping of a queue has no failure destination. Failed messages go to the dead-letter queue of the queue.',
  })
}
