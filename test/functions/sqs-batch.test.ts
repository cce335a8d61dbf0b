import { describe, expect, test } from 'vitest'
import { deadlineOf, handleSqsBatch, messageOf } from '../../functions/sqs-batch.ts'
import { message } from './events.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const ACK = { delivery: 'acknowledge' } as const
const BACK = { delivery: 'return' } as const
const returned = (...ids: readonly string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) })

describe('a batch of messages', () => {
  const three = ['a', 'b', 'c'].map((id) => message(id, id))

  test('that is all acknowledged returns nothing', async () =>
    expect(await handleSqsBatch(quiet, three, async () => ACK)).toEqual(returned()))

  test('returns the messages that are to come back, and no others', async () =>
    expect(await handleSqsBatch(quiet, three, async ({ body }) => (body === 'b' ? BACK : ACK))).toEqual(returned('b')))

  test('returns the one whose handling was met by a fault, and logs it', async () => {
    const errors: unknown[] = []
    const log = { ...quiet, error: (...line: unknown[]) => errors.push(line) }
    const fault = new Error('throttled')
    const answer = await handleSqsBatch(log, three, async ({ body }) => {
      if (body === 'c') throw fault
      return ACK
    })
    expect([answer, errors]).toEqual([returned('c'), [['message.fault', { messageId: 'c', error: fault }]]])
  })

  test('is handled side by side: each waits for the last to have begun', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let begun = 0
    const answer = await handleSqsBatch(quiet, three, async () => {
      if (++begun === three.length) resolve()
      await promise
      return ACK
    })
    expect(answer).toEqual(returned())
  })
})

test('a message comes with the time at which its function will be killed', () => {
  const before = Date.now()
  const deadlineAt = deadlineOf({ getRemainingTimeInMillis: () => 30_000 })
  expect(deadlineAt).toBeGreaterThanOrEqual(before + 30_000)
  expect(messageOf(message('id', 'body'), deadlineAt)).toMatchObject({ deadlineAt })
})

test('a message keeps its id, its body and how often it was received', () =>
  expect(messageOf(message('id', 'body'))).toEqual({ id: 'id', body: 'body', receiveCount: 2 }))
