import { Duration } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { DEFAULT_LANE, type Lane, type Lanes, laneFaults } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import type { LaneQueues } from '../worlds/aws/env.ts'
import { actionsOf, type Verb } from '../worlds/aws/verbs.ts'
import type { QueueConsumerProps } from './queue-consumer.ts'

/** A lane's queue. It is a standard queue: a nudge needs no order, but it needs a delay of its own. */
export class LaneQueue extends Construct {
  readonly lane: Lane
  readonly queue: Queue

  constructor(scope: Construct, id: string, lane: Lane, deadLetters: Queue) {
    super(scope, id)
    this.lane = lane
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // SQS redelivers the message of a crashed executor after this time. AWS advises six times the function timeout, so that
      // few throttled receives count; here hundreds may, and a crash would be noticed later: see docs/adr/0026.
      visibilityTimeout: Duration.millis(lane.visibilityMs),
      // A message keeps its age on the dead-letter queue, whose retention is longer, so that it still has time there.
      retentionPeriod: Duration.millis(LIMITS.queueKeepMs),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: LIMITS.queueReceiveCount },
    })
  }

  /** The settings of the function that consumes this queue: its timeout, memory, batch size and concurrency are the lane's. */
  get consumer(): Pick<QueueConsumerProps, 'memoryMb' | 'timeoutMs' | 'sources'> {
    const { functionTimeoutMs, memoryMb, batchCount, maxConcurrency } = this.lane
    return { memoryMb, timeoutMs: functionTimeoutMs, sources: [{ queue: this.queue, batchCount, maxConcurrency }] }
  }
}

/** The lanes of tasks, the control lane, and the queue for messages that none of them could process. */
export type LaneQueueSetProps = { readonly lanes: Lanes; readonly control: Lane; readonly deadLetters: Queue }

/** The queues of all lanes. Their consumers are created later, because each consumer needs the URL of every queue. */
export class LaneQueueSet extends Construct {
  /** The lanes of tasks. */
  readonly taskLanes: readonly LaneQueue[]
  /** The lane for dispatching gates and continuing bulk operations. */
  readonly control: LaneQueue

  constructor(scope: Construct, id: string, { lanes, control, deadLetters }: LaneQueueSetProps) {
    super(scope, id)
    this.taskLanes = Object.values(lanes).map((lane) => new LaneQueue(this, lane.name, lane, deadLetters))
    this.control = new LaneQueue(this, control.name, control, deadLetters)
  }

  /** The lanes of tasks and the control lane. */
  get allLanes(): readonly LaneQueue[] {
    return [...this.taskLanes, this.control]
  }

  /** The queues' URLs by lane, for the functions' environment. */
  get env(): LaneQueues {
    return Object.fromEntries(this.allLanes.map(({ lane, queue }) => [lane.name, queue.queueUrl]))
  }

  /** The queue of each lane. */
  get queues(): readonly Queue[] {
    return this.allLanes.map(({ queue }) => queue)
  }

  /** Grants verbs of the queue, on the queue of every lane. */
  grantQueue(grantee: IGrantable, verbs: readonly Verb<'queue'>[]): Grant {
    const resourceArns = this.queues.map(({ queueArn }) => queueArn)
    return Grant.addToPrincipal({ grantee, actions: [...actionsOf('queue', verbs)], resourceArns })
  }
}

const NAME = /^[a-z][a-z0-9-]{0,31}$/

/** Checks the names and bounds of the lanes. @throws TypeError that lists every fault */
export const assertLanes = (lanes: Lanes): void => {
  const missing = lanes[DEFAULT_LANE]
    ? []
    : [`lanes must include ${DEFAULT_LANE}, the lane of tasks without a lane, got ${Object.keys(lanes).join(', ') || 'none'}`]
  const count = Object.keys(lanes).length
  const many = count > LIMITS.lanesCount ? [`lanes must be at most ${LIMITS.lanesCount}, got ${count}`] : []
  const faults = [...missing, ...many, ...Object.entries(lanes).flatMap(([name, lane]) => faultsOf(name, lane))]
  if (faults.length > 0) throw new TypeError(faults.join('; '))
}

/** The rules of CloudFormation and of lane names. The rules of a lane's bounds are in `laneFaults`. */
const faultsOf = (name: string, lane: Lane): readonly string[] => {
  const rules: readonly (readonly [boolean, string])[] = [
    [NAME.test(name), `a lane's name must be 1 to 32 of a-z, 0-9 and dash, got ${JSON.stringify(name)}`],
    [lane.name === name, `lane ${name} must have its key as its name, got ${JSON.stringify(lane.name)}`],
    [
      lane.functionTimeoutMs % 1_000 === 0,
      `lane ${name}: functionTimeoutMs must be whole seconds, got ${lane.functionTimeoutMs} ms`,
    ],
  ]
  return [...rules.filter(([holds]) => !holds).map(([, text]) => text), ...laneFaults(lane)]
}
