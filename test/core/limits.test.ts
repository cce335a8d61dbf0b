import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { readRetry, writeRetry } from '../../core/retry/format.ts'
import { DEFAULT_RETRY, maxAttempts } from '../../core/retry/policy.ts'

const MINUTE = 60_000

describe('the limits', () => {
  it('are positive whole numbers whose names end in their unit', () => {
    for (const [name, value] of Object.entries(LIMITS)) {
      expect(name).toMatch(/(Ms|Bytes|Count)$/)
      expect(Number.isSafeInteger(value) && value > 0, `${name} is ${value}`).toBe(true)
    }
  })

  it('let one delayed message bridge the time between a timer and its task', () => {
    // The spread is in whole minutes, and rounding down adds up to one.
    const mostEarlyMs = LIMITS.timerToleranceMs + (LIMITS.timerSpreadMs - MINUTE) + MINUTE
    expect(mostEarlyMs).toBeLessThanOrEqual(LIMITS.queueDelayMs)
  })

  it('let the largest payload fit in a request, and two inline payloads in a row of 1 KB', () => {
    expect(LIMITS.payloadBytes).toBeLessThan(LIMITS.requestBytes)
    expect(2 * LIMITS.inlinePayloadBytes).toBeLessThan(1_024)
  })

  it('let every failure fit beside the given input of its task, however JSON escapes it', () => {
    const error = {
      code: '\u0000'.repeat(LIMITS.errorCodeCount),
      message: '\u0000'.repeat(LIMITS.errorMessageCount),
      retriable: false,
    }
    const failure = {
      taskId: 'x'.repeat(LIMITS.taskIdCount),
      type: 'x'.repeat(LIMITS.typeCount),
      attempts: 1e9,
      error,
      inputOmitted: true,
    }
    expect(LIMITS.failureInputBytes + JSON.stringify({ '\u0000': failure }).length).toBeLessThan(LIMITS.payloadBytes)
  })

  it('let every kept HTTP body fit in an output, however JSON escapes it', () => {
    const body = '\u0000'.repeat(LIMITS.httpBodyBytes)
    expect(JSON.stringify({ status: 200, headers: {}, body }).length).toBeLessThan(LIMITS.payloadBytes)
  })

  it('keep a finished task longer than a stream keeps its changes', () => {
    expect(LIMITS.retentionMs).toBeGreaterThan(86_400_000)
  })

  it('keep every wait shorter than the horizon', () => {
    expect(LIMITS.retryWaitMs).toBeLessThan(LIMITS.horizonMs)
    expect(LIMITS.httpRetryAfterMs).toBeLessThan(LIMITS.horizonMs)
    expect(LIMITS.httpRetryAfterLeastMs).toBeLessThan(LIMITS.httpRetryAfterMs)
  })

  it('include the default retry policy', () => {
    expect(readRetry(writeRetry(DEFAULT_RETRY))).toEqual(DEFAULT_RETRY)
    expect(maxAttempts(DEFAULT_RETRY)).toBeLessThanOrEqual(LIMITS.attemptsCount)
  })

  it('wait for the task of a unique key longer than any request takes to create it', () => {
    expect(LIMITS.uniqueCreationMs / 2).toBeGreaterThan(10 * LIMITS.apiTimeoutMs)
  })

  it('allow enough snoozes to poll an operation for eight hours', () => {
    expect(LIMITS.snoozesCount * LIMITS.pollMs).toBeGreaterThan(8 * 3_600_000)
  })

  it('equal the quotas that AWS publishes', () => {
    expect(LIMITS).toMatchObject({
      queueDelayMs: 900_000,
      queueVisibilityMs: 43_200_000,
      queueBatchCount: 10,
      queueMessageBytes: 1_048_576,
      timerToleranceMs: 60_000,
      timerNameCount: 64,
      timerEventAgeMs: 86_400_000,
      timerRetryCount: 185,
      functionTimeoutMs: 900_000,
    })
    // The most that SQS allows.
    expect(LIMITS.queueReceiveCount).toBeLessThanOrEqual(1_000)
  })
})
