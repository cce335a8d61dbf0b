import { describe, expect, test } from 'vitest'
import { requestOf, resultOf } from '../../functions/gateway.ts'
import { call } from './events.ts'

describe('a request', () => {
  test('keeps its method and path', () =>
    expect(requestOf(call('GET /v1/tasks/abc'))).toMatchObject({ method: 'GET', path: '/v1/tasks/abc', query: {} }))

  test('has no body when none came', () => expect(requestOf(call('GET /v1/tasks'))).not.toHaveProperty('body'))

  test('has its body as text', () =>
    expect(requestOf(call('POST /v1/tasks', undefined, { body: '{"ä":1}' })).body).toBe('{"ä":1}'))

  test('has its body as text also when API Gateway has encoded it', () => {
    const body = Buffer.from('{"ä":1}').toString('base64')
    expect(requestOf(call('POST /v1/tasks', undefined, { body, isBase64Encoded: true })).body).toBe('{"ä":1}')
  })

  test('has its header names in lower case', () =>
    expect(requestOf(call('GET /', undefined, { headers: { 'Idempotency-Key': 'k' } })).headers).toEqual({
      'idempotency-key': 'k',
    }))

  test('keeps a parameter that came twice', () =>
    expect(requestOf(call('GET /', undefined, { rawQueryString: 'tag=a%20b&tag=c&limit=5' })).query).toEqual({
      tag: ['a b', 'c'],
      limit: '5',
    }))
})

describe('an answer', () => {
  test('keeps its status, headers and body', () =>
    expect(resultOf({ status: 201, headers: { location: '/v1/tasks/a' }, body: '{}' })).toEqual({
      statusCode: 201,
      headers: { location: '/v1/tasks/a' },
      body: '{}',
    }))

  test('without a body has none', () => expect(resultOf({ status: 204, headers: {} })).not.toHaveProperty('body'))
})
