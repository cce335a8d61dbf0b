import { describe, expect, test } from 'vitest'
import { handleStreamBatch } from '../../functions/stream-batch.ts'
import { record } from './events.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const batch = [record('a', '1'), record('b', '2'), record('a', '3'), record('b', '4'), record('a', '5')]

/** Handles the batch, in which the given records fail; returns the reported failures and the handled records in order. */
const handled = async (...failing: readonly string[]) => {
  const seen: string[] = []
  const answer = await handleStreamBatch(quiet, batch, async ({ dynamodb }) => {
    const number = dynamodb?.SequenceNumber ?? ''
    seen.push(number)
    await Promise.resolve()
    if (failing.includes(number)) throw new Error(`no ${number}`)
  })
  return { seen, failures: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) }
}
const ofRowA = (seen: readonly string[]) => seen.filter((number) => ['1', '3', '5'].includes(number))

describe('a stream batch', () => {
  test('without failures reports none', async () => expect((await handled()).failures).toEqual([]))

  test('is handled in order for each row', async () => expect(ofRowA((await handled()).seen)).toEqual(['1', '3', '5']))

  test('is handled concurrently for different rows', async () => expect((await handled()).seen.slice(0, 2)).toEqual(['1', '2']))

  test('is not continued for a row after a failure', async () => expect(ofRowA((await handled('3')).seen)).toEqual(['1', '3']))

  test('is continued for the other rows after a failure', async () => expect((await handled('1')).seen).toContain('4'))

  test('is retried from its earliest failure', async () => expect((await handled('4', '3')).failures).toEqual(['3']))

  test('is retried completely when the failed record has no sequence number', async () => {
    const answer = await handleStreamBatch(quiet, [{ dynamodb: {} }], async () => {
      throw new Error('no')
    })
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '' }] })
  })
})
