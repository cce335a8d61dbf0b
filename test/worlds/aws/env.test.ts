import { describe, expect, it } from 'vitest'
import { DEFAULT_LANES, lane } from '../../../core/lanes.ts'
import { type Env, readEnv, VARIABLES, writeEnv } from '../../../worlds/aws/env.ts'

const env: Env = {
  table: 'carillon',
  bus: 'events',
  scheduleGroup: 'carillon-timers',
  timerRoleArn: 'arn:aws:iam::111122223333:role/timers',
  timerDeadLetterArn: 'arn:aws:sqs:us-east-1:111122223333:timers-dead',
  queues: {
    normal: 'https://sqs.us-east-1.amazonaws.com/111122223333/normal',
  },
  lanes: DEFAULT_LANES,
  retentionMs: 2_592_000_000,
  environmentId: 'production',
  onFailure: 'notify-operations',
  tenantLimit: { concurrency: 5, rate: { count: 100, per: '1h' } },
  tenantFarTasks: 2_000_000,
  deadLetters: { 'arn:aws:sqs:us-east-1:111122223333:normal-dead': 'lane:normal' },
  principals: { 'arn:aws:iam::111122223333:role/caller': { tenant: 'contoso', scopes: ['carillon/read'] } },
}

describe('the environment variables', () => {
  it('are read back as they were written', () => {
    expect({ ...readEnv(writeEnv(env)) }).toEqual(env)
  })

  it('are one for each part, with one naming scheme', () => {
    expect(Object.keys(writeEnv(env)).sort()).toEqual(Object.values(VARIABLES).sort())
    for (const name of Object.values(VARIABLES)) expect(name).toMatch(/^CARILLON_[A-Z_]+$/)
  })

  it('may be missing: the error comes at the first access', () => {
    const read = readEnv({ CARILLON_TABLE: 'carillon' })
    expect(read.table).toBe('carillon')
    expect(() => read.scheduleGroup).toThrow(/CARILLON_SCHEDULE_GROUP is missing; set the name of the schedule group/)
  })

  it.each(['99999', '100000001', '1.5', 'many'])('a bound of %s far tasks is refused', (value) => {
    expect(() => readEnv({ CARILLON_TENANT_FAR_TASKS: value }).tenantFarTasks).toThrow(
      /^environment variable CARILLON_TENANT_FAR_TASKS is .*; it must be/,
    )
    expect(readEnv({}).tenantFarTasks).toBeUndefined()
  })

  it('have no bus unless one is set', () => {
    expect(readEnv({}).bus).toBeUndefined()
    expect(readEnv({ CARILLON_BUS: '' }).bus).toBeUndefined()
    expect(writeEnv({ bus: undefined })).toEqual({})
  })

  it.each([
    ['CARILLON_RETENTION_MS', '30d', (read: Env) => read.retentionMs],
    ['CARILLON_RETENTION_MS', '0', (read: Env) => read.retentionMs],
    ['CARILLON_QUEUES', 'https://one', (read: Env) => read.queues],
    ['CARILLON_QUEUES', '{"normal":{"url":"https://one"}}', (read: Env) => read.queues],
    ['CARILLON_QUEUES', '{"normal":null}', (read: Env) => read.queues],
    ['CARILLON_LANES', '[]', (read: Env) => read.lanes],
    ['CARILLON_LANES', '{"normal":{"name":"normal"}}', (read: Env) => read.lanes],
    ['CARILLON_LANES', '{"normal":null}', (read: Env) => read.lanes],
  ])('%s = %s is refused with the name, the value and the right form', (name, value, read) => {
    expect(() => read(readEnv({ [name]: value }))).toThrow(`environment variable ${name} is ${value}; it must be `)
  })

  it.each([
    ['{"concurrency":5,"concurrency":50}', '/concurrency: this field is given twice in its object; give it once'],
    ['{"rate":{"count":9007199254740993,"per":"1h"}}', '/rate/count: 9007199254740993 would become 9007199254740992'],
    ['\ufeff{"concurrency":5}', 'the value begins with a byte order mark (U+FEFF)'],
  ])('refuse JSON that JavaScript would change: %j', (value, why) => {
    const read = readEnv({ CARILLON_TENANT_LIMIT: value })
    expect(() => read.tenantLimit).toThrow(`environment variable CARILLON_TENANT_LIMIT is ${value}; it must be JSON such as`)
    expect(() => read.tenantLimit).toThrow(why)
  })

  it('refuse an invalid limit, with its field', () => {
    const read = readEnv({ CARILLON_TENANT_LIMIT: '{"concurrency":0}' })
    expect(() => read.tenantLimit).toThrow('environment variable CARILLON_TENANT_LIMIT: /concurrency: 0; it must be at least 1')
    expect(readEnv({}).tenantLimit).toBeUndefined()
  })

  it('refuse lanes with unsafe bounds', () => {
    const lanes = { bad: { ...lane('bad', 60_000), leaseMs: 1_000 } }
    expect(() => readEnv(writeEnv({ lanes })).lanes).toThrow(
      /lane bad: function timeout 60000 ms must be below the lease 1000 ms/,
    )
  })
})
