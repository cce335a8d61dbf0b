import { App } from 'aws-cdk-lib'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LANES, lane } from '../../core/lanes.ts'
import { propsFromContext } from '../../lib/stack.ts'

const from = (context: Record<string, unknown>) => propsFromContext(new App({ context }).node)

describe('the context of the command line can set', () => {
  test('nothing, so that every setting has its default', () => expect(from({})).toEqual({}))

  test('the issuer and the audiences of tokens', () =>
    expect(from({ issuer: 'https://x', audience: 'a,b' })).toEqual({ auth: { issuer: 'https://x', audience: ['a', 'b'] } }))

  test('the environment and the handlers', () =>
    expect(from({ environmentId: 'staging', handlers: 'mine.ts' })).toEqual({ environmentId: 'staging', handlers: 'mine.ts' }))

  test('the default type of failure tasks', () =>
    expect(from({ onFailure: 'notify-operations' })).toEqual({ onFailure: 'notify-operations' }))

  test('lanes in addition to the default lanes', () =>
    expect(from({ lanes: '{"quick":{"functionTimeoutMs":5000,"maxConcurrency":7}}' })).toEqual({
      lanes: { ...DEFAULT_LANES, quick: lane('quick', 5_000, { maxConcurrency: 7 }) },
    }))

  test('a default lane with other settings', () =>
    expect(from({ lanes: { normal: { functionTimeoutMs: 9_000 } } }).lanes?.normal).toEqual(lane('normal', 9_000)))
})

describe('the context is rejected with', () => {
  test.each([
    ['only an issuer', { issuer: 'https://x' }, 'context issuer and audience must be given together, got only issuer'],
    ['only an audience', { audience: 'x' }, 'context issuer and audience must be given together, got only audience'],
    ['lanes that are not JSON', { lanes: '{' }, 'context lanes must be JSON such as {"quick":{"functionTimeoutMs":5000}}, got {'],
    ['a lane without a timeout', { lanes: '{"quick":{}}' }, 'context lanes must be JSON such as'],
    ['an environment that is not a string', { environmentId: 7 }, 'context environmentId must be a string, got 7'],
  ])('%s', (_, context, words) => expect(() => from(context)).toThrow(words))
})
