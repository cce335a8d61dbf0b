import { FilterCriteria, FilterRule } from 'aws-cdk-lib/aws-lambda'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import type { Env } from '../worlds/aws/env.ts'
import { deadLetterQueue } from './dead-letters.ts'
import { functionFor } from './function.ts'
import { hear } from './hearing.ts'
import type { Store } from './table.ts'

/** The table of whose changes events tell. */
export type PublishProps = { readonly store: Store; readonly env: Partial<Env> & Pick<Env, 'environmentId'> }

/**
 * The publisher of lifecycle events. It hears the stream on its own, so that a bus that is out of order holds up no
 * wake-up; and only the changes of tasks whose type wants events, so that nobody else pays for it.
 */
export class Publish extends Construct {
  readonly function: NodejsFunction
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { store, env }: PublishProps) {
    super(scope, id)
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', LIMITS.deadLettersTimeoutMs)
    this.function = functionFor(this, 'Function', { step: 'publish', memoryMb: 512, timeoutMs: LIMITS.relayTimeoutMs, env })
    hear(this, 'Stream', { to: this.function, store, deadLetters: this.deadLetters, filters: [WRITTEN, FORGOTTEN] })
  }
}

/** A row that was written, with a level of events on it. */
const WRITTEN = FilterCriteria.filter({
  eventName: FilterRule.or('INSERT', 'MODIFY'),
  dynamodb: { NewImage: { events: { S: FilterRule.or('terminal', 'all') } } },
})

/** A row that was forgotten has no new image. Only who wants all events hears of it. */
const FORGOTTEN = FilterCriteria.filter({
  eventName: FilterRule.isEqual('REMOVE'),
  dynamodb: { OldImage: { events: { S: FilterRule.isEqual('all') } } },
})
