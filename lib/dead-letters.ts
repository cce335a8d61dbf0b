import { Duration, Validations } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'

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
