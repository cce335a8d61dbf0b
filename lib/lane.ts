import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { Lane } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import { deadLetterQueue } from './dead-letters.ts'

/** A lane's queue: standard, because order is nothing to a nudge and delays are everything; and what died on it. */
export class LaneQueue extends Construct {
  readonly lane: Lane
  readonly queue: Queue
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, lane: Lane) {
    super(scope, id)
    this.lane = lane
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', LIMITS.deadLettersTimeoutMs)
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // How long a message stays hidden while it is worked on: the watchdog of a crashed executor.
      visibilityTimeout: Duration.millis(lane.visibilityMs),
      // Kept for SQS's usual four days: a message takes its age along to the dead-letter queue, and should have time left there.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: LIMITS.queueReceiveCount },
    })
  }
}
