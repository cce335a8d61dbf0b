import { DEFAULT_LANES } from '../../core/lanes.ts'
import { writeEnv } from '../../worlds/aws/env.ts'

const ARN = 'arn:aws:sqs:us-east-1:111122223333'
/** The ARN of the bus. */
export const BUS = 'arn:aws:events:us-east-1:111122223333:event-bus/events'
/** The dead-letter queue. */
export const DEAD_LETTERS = `${ARN}:dead-letters`
/** The queue of lane normal. */
export const NORMAL = `${ARN}:normal`
/** The functions that read the table's stream. */
export const RELAY = 'arn:aws:lambda:us-east-1:111122223333:function:relay'
export const PUBLISH = 'arn:aws:lambda:us-east-1:111122223333:function:publish'
const queue = (name: string) => [name, `https://sqs.us-east-1.amazonaws.com/111122223333/${name}`]

/** The environment of a deployment. Import this module first, because the functions read the environment when they are loaded. */
Object.assign(process.env, {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  POWERTOOLS_DEV: 'true',
  // POWERTOOLS_DEV disables metrics, and this setting enables them again.
  POWERTOOLS_METRICS_DISABLED: 'false',
  POWERTOOLS_TRACE_ENABLED: 'false',
  POWERTOOLS_METRICS_NAMESPACE: 'Carillon/test',
  ...writeEnv({
    table: 'table',
    bus: BUS,
    scheduleGroup: 'group',
    timerRoleArn: 'arn:aws:iam::111122223333:role/timers',
    timerDeadLetterArn: DEAD_LETTERS,
    queues: Object.fromEntries([...Object.keys(DEFAULT_LANES), 'control'].map(queue)),
    lanes: DEFAULT_LANES,
    retentionMs: 86_400_000,
    environmentId: 'test',
    deadLetters: { [NORMAL]: 'lane:normal', [RELAY]: 'relay', [PUBLISH]: 'publish' },
    principals: { 'arn:aws:iam::111122223333:role/Caller': { tenant: 'acme', scopes: ['carillon/read', 'carillon/write'] } },
  }),
})
