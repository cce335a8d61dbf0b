import { Duration } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { CONTROL_LANE, DEFAULT_LANE, type Lane, type Lanes, laneFaults } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import type { LaneQueues } from '../worlds/aws/env.ts'
import { actionsOf, type Verb } from '../worlds/aws/verbs.ts'
import { deadLetterQueue } from './dead-letters.ts'
import type { QueueConsumerProps } from './queue-consumer.ts'

/** A lane's queue: standard, because order is nothing to a nudge and delays are everything; and what died on it. */
export class LaneQueue extends Construct {
  readonly lane: Lane
  readonly queue: Queue
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, lane: Lane) {
    super(scope, id)
    this.lane = lane
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', LIMITS.buryTimeoutMs)
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // How long a message stays hidden while it is worked on: the watchdog of a crashed executor.
      visibilityTimeout: Duration.millis(lane.visibilityMs),
      // Kept for SQS's usual four days: a message takes its age along to the dead-letter queue, and should have time left there.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: LIMITS.queueReceiveCount },
    })
  }

  /** The settings of the function that takes from this queue: the lane decides its timeout, memory, batch and concurrency. */
  get consumer(): Pick<QueueConsumerProps, 'memoryMb' | 'timeoutMs' | 'sources'> {
    const { functionTimeoutMs, memoryMb, batchCount, maxConcurrency } = this.lane
    return { memoryMb, timeoutMs: functionTimeoutMs, sources: [{ queue: this.queue, batchCount, maxConcurrency }] }
  }
}

/** The queues of all lanes, and of Carillon's own. Who takes from them is made later, because each one must know every queue. */
export class LaneQueueSet extends Construct {
  /** Those of tasks. */
  readonly all: readonly LaneQueue[]
  /** That on which gates are turned and operations go on. */
  readonly control: LaneQueue

  constructor(scope: Construct, id: string, lanes: Lanes) {
    super(scope, id)
    assertLanes(lanes)
    this.all = Object.values(lanes).map((lane) => new LaneQueue(this, lane.name, lane))
    this.control = new LaneQueue(this, CONTROL_LANE.name, CONTROL_LANE)
  }

  /** Every one of them. */
  get every(): readonly LaneQueue[] {
    return [...this.all, this.control]
  }

  /** What the functions are told of the queues. */
  get env(): LaneQueues {
    return Object.fromEntries(this.every.map(({ lane, queue }) => [lane.name, queue.queueUrl]))
  }

  /** The queues themselves, by lane. */
  get queues(): readonly Queue[] {
    return this.every.map(({ queue }) => queue)
  }

  /** Grants verbs of the queue, on the queue of every lane. */
  grantQueue(grantee: IGrantable, verbs: readonly Verb<'queue'>[]): Grant {
    const resourceArns = this.queues.map(({ queueArn }) => queueArn)
    return Grant.addToPrincipal({ grantee, actions: [...actionsOf('queue', verbs)], resourceArns })
  }
}

const NAME = /^[a-z][a-z0-9-]{0,31}$/

/**
 * Refuses lanes that cannot work, at synthesis.
 *
 * @throws TypeError that says all that is wrong
 */
const assertLanes = (lanes: Lanes): void => {
  const missing = lanes[DEFAULT_LANE]
    ? []
    : [`lanes must include ${DEFAULT_LANE}, the lane of tasks that name none, got ${Object.keys(lanes).join(', ') || 'none'}`]
  const most = LIMITS.lanesCount
  const count = Object.keys(lanes).length
  const many = count > most ? [`there must be at most ${most} lanes, got ${count}`] : []
  const faults = [...missing, ...many, ...Object.entries(lanes).flatMap(([name, lane]) => faultsOf(name, lane))]
  if (faults.length > 0) throw new TypeError(faults.join('; '))
}

/** What CloudFormation and the lanes' names ask for; the bounds of a lane are `laneFaults`' business. */
const faultsOf = (name: string, lane: Lane): readonly string[] => {
  const rules: readonly (readonly [boolean, string])[] = [
    [NAME.test(name), `a lane's name must be 1 to 32 of a-z, 0-9 and dash, got ${JSON.stringify(name)}`],
    [lane.name === name, `lane ${name} must be called so itself, got ${JSON.stringify(lane.name)}`],
    [
      lane.functionTimeoutMs % 1_000 === 0,
      `lane ${name}: functionTimeoutMs must be whole seconds, got ${lane.functionTimeoutMs} ms`,
    ],
  ]
  return [...rules.filter(([holds]) => !holds).map(([, text]) => text), ...laneFaults(lane)]
}
