import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import type { Env } from '../worlds/aws/env.ts'
import { deadLetterQueue } from './dead-letters.ts'
import { functionFor } from './function.ts'
import { hear } from './hearing.ts'
import type { Store } from './table.ts'

/** The table whose changes are relayed. */
export type RelayProps = { readonly store: Store; readonly env: Partial<Env> & Pick<Env, 'environmentId'> }

/** The relay: hears every change of the table. */
export class Relay extends Construct {
  readonly function: NodejsFunction
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { store, env }: RelayProps) {
    super(scope, id)
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', LIMITS.buryTimeoutMs)
    this.function = functionFor(this, 'Function', { step: 'relay', memoryMb: 512, timeoutMs: LIMITS.relayTimeoutMs, env })
    hear(this, 'Stream', { to: this.function, store, deadLetters: this.deadLetters })
  }
}
