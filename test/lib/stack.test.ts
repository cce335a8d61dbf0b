import { App } from 'aws-cdk-lib'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LANES, lane } from '../../core/lanes.ts'
import { propsFromContext } from '../../lib/stack.ts'

const from = (context: Record<string, unknown>) => propsFromContext(new App({ context }).node)

describe('the command line says', () => {
  test('nothing, and all is as it is by default', () => expect(from({})).toEqual({}))

  test('whose tokens to believe', () =>
    expect(from({ issuer: 'https://x', audience: 'a,b' })).toEqual({ auth: { issuer: 'https://x', audience: ['a', 'b'] } }))

  test('which environment it is, and where the handlers are', () =>
    expect(from({ environmentId: 'staging', handlers: 'mine.ts' })).toEqual({ environmentId: 'staging', handlers: 'mine.ts' }))

  test('which type handles the failures of types that name none', () =>
    expect(from({ onFailure: 'tell-operations' })).toEqual({ onFailure: 'tell-operations' }))

  test('which lanes there are besides the default ones', () =>
    expect(from({ lanes: '{"quick":{"functionTimeoutMs":5000,"maxConcurrency":7}}' })).toEqual({
      lanes: { ...DEFAULT_LANES, quick: lane('quick', 5_000, { maxConcurrency: 7 }) },
    }))

  test('what is different about a default lane', () =>
    expect(from({ lanes: { normal: { functionTimeoutMs: 9_000 } } }).lanes?.normal).toEqual(lane('normal', 9_000)))
})

describe('the command line is refused that says', () => {
  test.each([
    ['only an issuer', { issuer: 'https://x' }, 'context issuer and audience must be given together, got only issuer'],
    ['only an audience', { audience: 'x' }, 'context issuer and audience must be given together, got only audience'],
    ['lanes that are no JSON', { lanes: '{' }, 'context lanes must be JSON such as {"quick":{"functionTimeoutMs":5000}}, got {'],
    ['a lane without a timeout', { lanes: '{"quick":{}}' }, 'context lanes must be JSON such as'],
    ['an environment that is no text', { environmentId: 7 }, 'context environmentId must be a text, got 7'],
  ])('%s', (_, context, words) => expect(() => from(context)).toThrow(words))
})
