import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { Construct } from 'constructs'
import type { Env } from '../worlds/aws/env.ts'
import { functionFor, type Handlers } from './function.ts'
import type { LaneQueue } from './lane.ts'
import { takeFrom } from './mapping.ts'

/** What an executor is made of. */
export type ExecutorProps = {
  readonly queue: LaneQueue
  readonly handlers: Handlers
  readonly env: Partial<Env> & Pick<Env, 'environmentId'>
}

/** The executor of one lane: the function that runs its tasks, as many at once as the lane allows. */
export class Executor extends Construct {
  readonly function: NodejsFunction

  constructor(scope: Construct, id: string, { queue, handlers, env }: ExecutorProps) {
    super(scope, id)
    const { functionTimeoutMs, memoryMb, batchCount, maxConcurrency } = queue.lane
    this.function = functionFor(this, 'Function', { step: 'execute', memoryMb, timeoutMs: functionTimeoutMs, handlers, env })
    takeFrom(this.function, queue.queue, { batchCount, maxConcurrency })
  }
}
