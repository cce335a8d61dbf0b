import type { DynamoDBRecord } from 'aws-lambda'
import { expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { relay } from '../../engine/relay.ts'
import type { World } from '../../engine/world.ts'
import { handleStreamBatch } from '../../functions/stream-batch.ts'
import { toItem } from '../../worlds/aws/dynamo/item.ts'
import { changeOf } from '../../worlds/aws/stream.ts'
import { engineWorld, given } from '../engine/world.ts'
import { record } from './events.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }

/**
 * Delivers a batch as Lambda does with `ReportBatchItemFailures` and `BisectBatchOnFunctionError`: a batch that failed in the
 * middle continues at its first failure, one that failed at its first record is halved, and a record has ten tries.
 */
const deliver = async (
  records: readonly DynamoDBRecord[],
  handle: (record: DynamoDBRecord) => Promise<void>,
): Promise<number> => {
  let invocations = 0
  const deliverPart = async (part: readonly DynamoDBRecord[], tries: number): Promise<void> => {
    if (part.length === 0 || tries > LIMITS.relayTriesCount) return
    invocations++
    const [failure] = (await handleStreamBatch(quiet, part, handle)).batchItemFailures
    if (!failure) return
    const at = part.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failure.itemIdentifier)
    const rest = part.slice(Math.max(0, at))
    const half = rest.length === 1 ? 1 : Math.ceil(rest.length / 2)
    await deliverPart(rest.slice(0, half), tries + 1)
    await deliverPart(rest.slice(half), tries + 1)
  }
  await deliverPart(records, 1)
  return invocations
}

test.each([
  [
    'refused because the account is full',
    Object.assign(new Error('too many schedules'), { name: 'ServiceQuotaExceededException' }),
  ],
  ['throttled', Object.assign(new Error('slow down'), { name: 'ThrottlingException' })],
  ['lost in an outage', new Error('socket hang up')],
])('one timer in a hundred that is %s costs no further invocation, no second message and no dead batch', async (_, error) => {
  const world = engineWorld()
  const rows: TaskRow[] = []
  for (let index = 0; index < LIMITS.relayBatchCount; index++)
    rows.push(await given(world, `t${index}`, { notBefore: world.now + (index === 37 ? 3_600_000 : 0) }))
  const arm: World['timers']['arm'] = async () => {
    throw error
  }
  const refusing = { ...world, timers: { ...world.timers, arm } }
  const records = rows.map((row, index) => record(row.id, String(index), { NewImage: toItem(row) }))
  const invocations = await deliver(records, async (each) => {
    const change = changeOf(each)
    if (change) await relay(refusing, change)
  })
  expect(invocations).toBe(1)
  expect(world.sent.map(({ nudge }) => nudge.id).sort()).toEqual(
    rows
      .map(({ id }) => id)
      .filter((id) => id !== 't37')
      .sort(),
  )
  expect(world.metered).toContainEqual({ metric: 'TimersRefused', value: 1 })
})
