import type { Store, World } from '../../engine/world.ts'
import type { IndexName } from './dynamo/table.ts'

/**
 * What each verb of the world calls on AWS, as IAM spells it. Together with `engine/needs.ts` it says what each function is
 * granted: `lib` grants nothing else to a step, and a test compares the two. The clock and its like need no leave.
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
    // The index knows their names only; the rows are read by key.
    tenants: ['dynamodb:Query', 'dynamodb:BatchGetItem'],
  },
  timers: {
    // Whoever makes a schedule hands Scheduler the role that it will send with.
    arm: ['scheduler:CreateSchedule', 'iam:PassRole'],
    disarm: ['scheduler:DeleteSchedule'],
  },
  queue: { send: ['sqs:SendMessage'] },
  bus: { publish: ['events:PutEvents'] },
} as const satisfies { readonly [Part in keyof World]?: Readonly<Record<keyof World[Part], readonly string[]>> }

/** The parts of the world that are AWS services. */
export type Service = keyof typeof VERBS

/** The verbs of a service. */
export type Verb<Of extends Service> = keyof (typeof VERBS)[Of] & string

/** Which indexes each list is queried on; entries are asked of the table itself. */
export const QUERIES = {
  entries: ['table'],
  agenda: ['agenda', 'attention'],
  watched: ['watch'],
  tenants: ['watch'],
} as const satisfies Partial<Record<keyof Store, readonly (IndexName | 'table')[]>>

/**
 * What IAM has to allow for some verbs of a service, each action once.
 *
 * @example actionsOf('store', ['get', 'getDocument']) // ['dynamodb:GetItem']
 */
export const actionsOf = <Of extends Service>(service: Of, verbs: readonly Verb<Of>[]): readonly string[] => {
  const actions: Readonly<Record<string, readonly string[]>> = VERBS[service]
  return [...new Set(verbs.flatMap((verb) => actions[verb] ?? []))]
}

/** What burying calls besides: a dead batch of a stream's records names them and does not hold them. */
export const STREAM_VERBS = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'] as const
