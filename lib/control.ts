import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { Construct } from 'constructs'
import type { Env } from '../worlds/aws/env.ts'
import { functionFor } from './function.ts'
import type { LaneQueue } from './lane.ts'
import { takeFrom } from './mapping.ts'

/** The control lane's queue. */
export type ControlProps = { readonly queue: LaneQueue; readonly env: Partial<Env> & Pick<Env, 'environmentId'> }

/** The control lane's function: turns gates and goes on with operations. It knows no task types, because it runs no task. */
export class Control extends Construct {
  readonly function: NodejsFunction

  constructor(scope: Construct, id: string, { queue, env }: ControlProps) {
    super(scope, id)
    const { functionTimeoutMs, memoryMb, batchCount, maxConcurrency } = queue.lane
    this.function = functionFor(this, 'Function', { step: 'control', memoryMb, timeoutMs: functionTimeoutMs, env })
    takeFrom(this.function, queue.queue, { batchCount, maxConcurrency })
  }
}
