import { describe, expect, test } from 'vitest'
import { deadlineOf, handleSqsBatch, messageOf } from '../../functions/sqs-batch.ts'
import { message } from './events.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const ACK = { delivery: 'acknowledge' } as const
const BACK = { delivery: 'return' } as const
const returned = (...ids: readonly string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) })

describe('an SQS batch', () => {
  const three = ['a', 'b', 'c'].map((id) => message(id, id))

  test('reports no failures when every message is acknowledged', async () =>
    expect(await handleSqsBatch(quiet, three, async () => ACK)).toEqual(returned()))

  test('reports only the messages that are returned', async () =>
    expect(await handleSqsBatch(quiet, three, async ({ body }) => (body === 'b' ? BACK : ACK))).toEqual(returned('b')))

  test('reports a message whose handling throws, and logs the error', async () => {
    const errors: unknown[] = []
    const log = { ...quiet, error: (...line: unknown[]) => errors.push(line) }
    const fault = new Error('throttled')
    const answer = await handleSqsBatch(log, three, async ({ body }) => {
      if (body === 'c') throw fault
      return ACK
    })
    expect([answer, errors]).toEqual([returned('c'), [['message.fault', { messageId: 'c', error: fault }]]])
  })

  test('is handled concurrently: each message waits until the last one has started', async () => {
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

test('a message has the time at which Lambda stops its function', () => {
  const before = Date.now()
  const deadlineAt = deadlineOf({ getRemainingTimeInMillis: () => 30_000 })
  expect(deadlineAt).toBeGreaterThanOrEqual(before + 30_000)
  expect(messageOf(message('id', 'body'), deadlineAt)).toMatchObject({ deadlineAt })
})

test('a message has its id, its body and its receive count', () =>
  expect(messageOf(message('id', 'body'))).toEqual({ id: 'id', body: 'body', receiveCount: 2 }))
