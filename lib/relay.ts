import { FilterCriteria, FilterRule } from 'aws-cdk-lib/aws-lambda'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { HEARD_KINDS } from '../core/consequences.ts'
import { LIMITS } from '../core/limits.ts'
import { keyPrefix } from '../core/row/key.ts'
import { TABLE } from '../worlds/aws/dynamo/table.ts'
import type { Env } from '../worlds/aws/env.ts'
import { deadLetterQueue } from './dead-letters.ts'
import { functionFor } from './function.ts'
import { hear } from './hearing.ts'
import type { Store } from './table.ts'

/** The table whose changes are relayed. */
export type RelayProps = { readonly store: Store; readonly env: Partial<Env> & Pick<Env, 'environmentId'> }

/**
 * The relay: hears every change of a row from which something may follow, its removal as well. Documents, entries of lists and
 * unique names are told to nobody, so nobody pays for hearing of them.
 */
export class Relay extends Construct {
  readonly function: NodejsFunction
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { store, env }: RelayProps) {
    super(scope, id)
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', LIMITS.deadLettersTimeoutMs)
    this.function = functionFor(this, 'Function', { step: 'relay', memoryMb: 512, timeoutMs: LIMITS.relayTimeoutMs, env })
    hear(this, 'Stream', { to: this.function, store, deadLetters: this.deadLetters, filters: [ROWS] })
  }
}

const ROWS = FilterCriteria.filter({
  dynamodb: { Keys: { [TABLE.partition]: { S: HEARD_KINDS.flatMap((kind) => FilterRule.beginsWith(keyPrefix(kind))) } } },
})
