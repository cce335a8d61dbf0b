import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { readRetry, writeRetry } from '../../core/retry/format.ts'
import { DEFAULT_RETRY, maxAttempts } from '../../core/retry/policy.ts'

describe('the bounds', () => {
  it('are whole positive numbers whose names end in their unit', () => {
    for (const [name, value] of Object.entries(LIMITS)) {
      expect(name).toMatch(/(Ms|Bytes|Count)$/)
      expect(Number.isSafeInteger(value) && value > 0, `${name} is ${value}`).toBe(true)
    }
  })

  it('let a timer that is late be sent on by one message', () => {
    // The minute that it was rounded down by, and the one that it was set early by.
    expect(60_000 + LIMITS.timerToleranceMs).toBeLessThan(LIMITS.queueDelayMs)
  })

  it('let the largest payload travel in a request, and keep small ones on a row of 1 KB', () => {
    expect(LIMITS.payloadBytes).toBeLessThan(LIMITS.requestBytes)
    expect(2 * LIMITS.inlinePayloadBytes).toBeLessThan(1_024)
  })

  it('let every HTTP answer that is kept be an output, however JSON writes it', () => {
    const body = '\u0000'.repeat(LIMITS.httpBodyBytes)
    expect(JSON.stringify({ status: 200, headers: {}, body }).length).toBeLessThan(LIMITS.payloadBytes)
  })

  it('keep a finished task for longer than a stream keeps its changes', () => {
    expect(LIMITS.retentionMs).toBeGreaterThan(86_400_000)
  })

  it('let every wait end before the horizon', () => {
    expect(LIMITS.retryWaitMs).toBeLessThan(LIMITS.horizonMs)
    expect(LIMITS.httpRetryAfterMs).toBeLessThan(LIMITS.horizonMs)
    expect(LIMITS.httpRetryAfterLeastMs).toBeLessThan(LIMITS.httpRetryAfterMs)
  })

  it('hold for the default retry policy, too', () => {
    expect(readRetry(writeRetry(DEFAULT_RETRY))).toEqual(DEFAULT_RETRY)
    expect(maxAttempts(DEFAULT_RETRY)).toBeLessThanOrEqual(LIMITS.attemptsCount)
  })

  it('wait for the task of a name for longer than any request takes to create it', () => {
    expect(LIMITS.uniqueCreationMs / 2).toBeGreaterThan(10 * LIMITS.apiTimeoutMs)
  })

  it('let an hours-long operation be watched to its end by polling', () => {
    expect(LIMITS.snoozesCount * LIMITS.pollMs).toBeGreaterThan(8 * 3_600_000)
  })

  it('agree with what AWS publishes', () => {
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
    expect(LIMITS.queueReceiveCount).toBeGreaterThanOrEqual(5)
  })
})
