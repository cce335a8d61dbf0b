import { describe, expect, it } from 'vitest'
import { isOutcome, nonRetriable } from '../../core/define.ts'
import { LIMITS } from '../../core/limits.ts'
import { awsName, callAws, lazy } from '../../handlers/aws.ts'

const idle = new AbortController().signal
const failing = (name: string, $fault?: string) =>
  callAws(idle, async () => {
    throw Object.assign(new Error('AWS error'), { name, ...($fault ? { $fault } : {}) })
  })

describe('a call of AWS', () => {
  it('returns the answer', async () => {
    expect(await callAws(idle, async () => 42)).toBe(42)
  })

  it.each(['ThrottlingException', 'TooManyRequestsException', 'RequestThrottled', 'KmsThrottled', 'ExecutionLimitExceeded'])(
    'snoozes the task after %s',
    async (name) => {
      const answer = await failing(name, 'client')
      expect(isOutcome(answer) && answer).toMatchObject({ outcome: 'snooze', delayMs: LIMITS.throttledMs })
    },
  )

  it.each(['ResourceNotFoundException', 'AccessDeniedException', 'QueueDoesNotExist', 'InvalidArn'])(
    'fails without retry after the client error %s',
    async (name) => {
      await expect(failing(name, 'client')).rejects.toMatchObject({ code: name, message: 'AWS error', retriable: false })
    },
  )

  it.each([
    ['ServiceException', 'server'],
    ['ResourceConflictException', 'client'],
    ['ResourceNotReadyException', 'client'],
    ['ExpiredTokenException', 'client'],
    ['TimeoutError', undefined],
    ['CredentialsProviderError', undefined],
  ])('is retriable after %s (%s)', async (name, fault) => {
    await expect(failing(name, fault)).rejects.toMatchObject({ code: name, retriable: true })
  })

  it('rethrows an error that is already marked as retriable or not', async () => {
    const error = nonRetriable('Mine', 'mine')
    await expect(callAws(idle, () => Promise.reject(error))).rejects.toBe(error)
  })

  it('throws the reason of an aborted signal', async () => {
    const reason = new DOMException('the claim is lost', 'AbortError')
    await expect(callAws(AbortSignal.abort(reason), () => Promise.reject(new Error('aborted')))).rejects.toBe(reason)
  })
})

describe('a lazy value', () => {
  it('is created once, at its first use', async () => {
    let made = 0
    const value = lazy(async () => ++made)
    expect(made).toBe(0)
    expect(await Promise.all([value(), value()])).toEqual([1, 1])
  })
})

describe('a name for AWS', () => {
  it('is the key itself if AWS accepts it', () => {
    expect(awsName('carillon-01jd-x_y')).toBe('carillon-01jd-x_y')
  })

  it.each(['a b', 'a/b', 'carillon-x.f3', 'é', 'x'.repeat(81)])('is always the same digest for %j', (key) => {
    expect(awsName(key)).toMatch(/^[0-9a-f]{64}$/)
    expect(awsName(key)).toBe(awsName(key))
    expect(awsName(key)).not.toBe(awsName(`${key}1`))
  })
})
