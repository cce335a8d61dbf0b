import type { Store, World } from '../../engine/world.ts'
import type { IndexName } from './dynamo/table.ts'

/**
 * The IAM actions of each verb of the world. With `engine/needs.ts` it determines the grants of each function: `lib` grants
 * nothing else to a step, and a test compares the two. Clock, ids, log and meter need no grants.
 */
export const VERBS = {
  store: {
    get: ['dynamodb:GetItem'],
    put: ['dynamodb:PutItem'],
    getTasks: ['dynamodb:BatchGetItem'],
    putDocument: ['dynamodb:PutItem'],
    getDocument: ['dynamodb:GetItem'],
    dropDocument: ['dynamodb:DeleteItem'],
    putEntry: ['dynamodb:PutItem'],
    dropEntry: ['dynamodb:DeleteItem'],
    entries: ['dynamodb:Query'],
    agenda: ['dynamodb:Query'],
    watched: ['dynamodb:Query'],
    // The index has only the names of tenants; the rows are read by key.
    tenants: ['dynamodb:Query', 'dynamodb:BatchGetItem'],
  },
  timers: {
    // Creating a schedule passes the role with which Scheduler sends the message.
    arm: ['scheduler:CreateSchedule', 'iam:PassRole'],
    disarm: ['scheduler:DeleteSchedule'],
  },
  queue: { send: ['sqs:SendMessage'], backlog: ['sqs:GetQueueAttributes'] },
  bus: { publish: ['events:PutEvents'] },
} as const satisfies { readonly [Part in keyof World]?: Readonly<Record<keyof World[Part], readonly string[]>> }

/** A part of the world that is an AWS service. */
export type Service = keyof typeof VERBS

/** The verbs of a service. */
export type Verb<Of extends Service> = keyof (typeof VERBS)[Of] & string

/** The indexes that each list queries. Entries are queried on the table itself. */
export const QUERIES = {
  entries: ['table'],
  agenda: ['agenda', 'attention'],
  watched: ['watch'],
  tenants: ['watch'],
} as const satisfies Partial<Record<keyof Store, readonly (IndexName | 'table')[]>>

/**
 * The IAM actions for some verbs of a service, each action once.
 *
 * @example actionsOf('store', ['get', 'getDocument']) // ['dynamodb:GetItem']
 */
export const actionsOf = <Of extends Service>(service: Of, verbs: readonly Verb<Of>[]): readonly string[] => {
  const actions: Readonly<Record<string, readonly string[]>> = VERBS[service]
  return [...new Set(verbs.flatMap((verb) => actions[verb] ?? []))]
}

/** Additional actions of the dead-letter function: a dead batch has only the positions of stream records, not their content. */
export const STREAM_VERBS = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'] as const
