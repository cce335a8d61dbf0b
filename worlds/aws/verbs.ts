import type { World } from '../../engine/world.ts'

/**
 * What each part of the world calls on AWS, as IAM spells it. Together with `engine/needs.ts` it says what each function
 * is granted: `lib` grants nothing else to a step, and a test compares the two.
 */
export const VERBS = {
  store: [
    'dynamodb:GetItem',
    'dynamodb:PutItem',
    'dynamodb:BatchGetItem',
    'dynamodb:Query',
    // Only documents are ever deleted.
    'dynamodb:DeleteItem',
  ],
  // PassRole: whoever makes a schedule hands Scheduler the role that it will send with.
  timers: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'iam:PassRole'],
  queue: ['sqs:SendMessage'],
  bus: ['events:PutEvents'],
  clock: [],
  ids: [],
  log: [],
  meter: [],
} as const satisfies Record<keyof World, readonly string[]>

/** What burying calls besides: a dead batch of the relay names records of the stream and does not hold them. */
export const STREAM_VERBS = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'] as const
