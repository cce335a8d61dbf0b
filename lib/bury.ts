import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import type { Env } from '../worlds/aws/env.ts'
import { functionFor } from './function.ts'
import { takeFrom } from './mapping.ts'

/** A dead-letter queue, and what it holds: `lane:normal`, `timers`, `relay` or `publish`. */
export type DeadLetterQueue = { readonly source: string; readonly queue: Queue }

/** Every dead-letter queue there is. */
export type BuryProps = { readonly queues: readonly DeadLetterQueue[]; readonly env: Partial<Env> & Pick<Env, 'environmentId'> }

/** The burier: looks after what ended on any dead-letter queue. Few at once, because a heap of dead letters is in no hurry. */
export class Bury extends Construct {
  readonly function: NodejsFunction

  constructor(scope: Construct, id: string, { queues, env }: BuryProps) {
    super(scope, id)
    const deadLetters = Object.fromEntries(queues.map(({ source, queue }) => [queue.queueArn, source]))
    this.function = functionFor(this, 'Function', {
      step: 'bury',
      memoryMb: 512,
      timeoutMs: LIMITS.deadLettersTimeoutMs,
      env: { ...env, deadLetters },
    })
    for (const { queue } of queues) {
      takeFrom(this.function, queue, { batchCount: LIMITS.queueBatchCount, maxConcurrency: LIMITS.deadLettersConcurrencyCount })
    }
  }
}
