import { Duration, Validations } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'

/** A queue for what could not be handled: a standard one, because neither Scheduler nor a stream's mapping takes another. */
export const deadLetterQueue = (scope: Construct, id: string, visibilityMs: number): Queue => {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.millis(LIMITS.deadLetterKeepMs),
    visibilityTimeout: Duration.millis(visibilityMs),
  })
  const reason = 'This is a dead-letter queue. What cannot be buried stays on it, in sight of an alarm.'
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason }, { id: 'Serverless-SQSRedrivePolicy', reason })
  return queue
}
