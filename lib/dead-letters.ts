import { Duration, Validations } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import type { DeadLetterSources } from '../worlds/aws/env.ts'
import type { LaneQueueSet } from './lanes.ts'
import type { StreamConsumer } from './stream-consumer.ts'

/**
 * The dead-letter queue of a deployment: for its lanes, its timers and its stream consumers. One queue is enough, because each
 * message says where it comes from (`functions/dead-letter-event.ts`), and each further queue costs its polls. It is a standard
 * queue: neither EventBridge Scheduler nor a stream's event source mapping accepts a FIFO queue.
 */
export const deadLetterQueue = (scope: Construct, id: string): Queue => {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.millis(LIMITS.deadLetterKeepMs),
    visibilityTimeout: Duration.millis(LIMITS.deadLettersTimeoutMs),
  })
  const reason = 'This is a dead-letter queue. A message that cannot be processed stays on it, and an alarm counts it.'
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason }, { id: 'Serverless-SQSRedrivePolicy', reason })
  return queue
}

type Sources = { readonly lanes: LaneQueueSet; readonly relay: StreamConsumer; readonly publish: StreamConsumer }

/** The source of dead letters by what a message names: the queue of its lane, or the function whose batch failed. */
export const deadLetterSources = ({ lanes, relay, publish }: Sources): DeadLetterSources =>
  Object.fromEntries([
    ...lanes.allLanes.map(({ lane, queue }) => [queue.queueArn, `lane:${lane.name}`]),
    [relay.function.functionArn, 'relay'],
    [publish.function.functionArn, 'publish'],
  ])
