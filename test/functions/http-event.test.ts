import { describe, expect, test } from 'vitest'
import { callerOf, requestOf, resultOf } from '../../functions/http-event.ts'
import { principalName, principalsOf } from '../../functions/principals.ts'
import { call } from './events.ts'

describe('a request', () => {
  test('has its method and path', () =>
    expect(requestOf(call('GET /v1/tasks/abc'))).toMatchObject({ method: 'GET', path: '/v1/tasks/abc', query: {} }))

  test.each([
    ['an id', 'GET /v1/tasks/{id}', { id: 'abc' }, '/v1/tasks/abc'],
    ['an unescaped slash in an id', 'GET /v1/tasks/{id}', { id: 'abc/attempts' }, '/v1/tasks/abc%2Fattempts'],
    ['an id before a literal', 'POST /v1/tasks/{id}/cancel', { id: 'a/b/c' }, '/v1/tasks/a%2Fb%2Fc/cancel'],
    ['an id that stayed escaped', 'GET /v1/gates/{gate}', { gate: 'key.a%3Ab' }, '/v1/gates/key.a%3Ab'],
  ])('has the path of its route with %s', (_, routeKey, pathParameters, path) =>
    expect(requestOf(call(routeKey, undefined, { rawPath: '/decoded', pathParameters })).path).toBe(path),
  )

  test('without a route has the path of the event', () =>
    expect(requestOf(call('$default', undefined, { rawPath: '/v1/none' })).path).toBe('/v1/none'))

  test('has no body when the event has none', () => expect(requestOf(call('GET /v1/tasks'))).not.toHaveProperty('body'))

  test('has its body as a string', () =>
    expect(requestOf(call('POST /v1/tasks', undefined, { body: '{"ä":1}' })).body).toBe('{"ä":1}'))

  test('has its body decoded when API Gateway encoded it', () => {
    const body = Buffer.from('{"ä":1}').toString('base64')
    expect(requestOf(call('POST /v1/tasks', undefined, { body, isBase64Encoded: true })).body).toBe('{"ä":1}')
  })

  test('has its header names in lower case', () =>
    expect(requestOf(call('GET /', undefined, { headers: { 'Idempotency-Key': 'k' } })).headers).toEqual({
      'idempotency-key': 'k',
    }))

  test('has both values of a repeated parameter', () =>
    expect(requestOf(call('GET /', undefined, { rawQueryString: 'tag=a%20b&tag=c&limit=5' })).query).toEqual({
      tag: ['a b', 'c'],
      limit: '5',
    }))
})

describe('a response', () => {
  test('has its status, headers and body', () =>
    expect(resultOf({ status: 201, headers: { location: '/v1/tasks/a' }, body: '{}' })).toEqual({
      statusCode: 201,
      headers: { location: '/v1/tasks/a' },
      body: '{}',
    }))

  test('without a body has no body in the result', () =>
    expect(resultOf({ status: 204, headers: {} })).not.toHaveProperty('body'))
})

const jwt = (claims: Record<string, unknown>) => callerOf({ jwt: { claims } }, undefined)
const ALL = ['carillon/read', 'carillon/write', 'carillon/admin']

describe('a token', () => {
  test('determines the tenant, the scopes and the user', () =>
    expect(jwt({ tenant: 'acme', scope: 'openid carillon/read carillon/write', sub: 'alice' })).toEqual({
      tenant: 'acme',
      scopes: ['carillon/read', 'carillon/write'],
      by: 'user:alice',
    }))

  test('determines the tenant by the claim carillon:tenant first', () =>
    expect(jwt({ 'carillon:tenant': 'acme', tenant: 'other', sub: 'alice' })).toMatchObject({ tenant: 'acme' }))

  test.each([
    ['as a list in the form of API Gateway', '[carillon/read carillon/admin]'],
    ['as a list', ['carillon/read', 'carillon/admin']],
  ])('can have its scopes in scp, %s', (_, scp) =>
    expect(jwt({ tenant: 'acme', scp })).toMatchObject({ scopes: ['carillon/read', 'carillon/admin'] }),
  )

  test('of a client without a user has the name of the client', () =>
    expect(jwt({ tenant: 'acme', client_id: 'robot' })).toMatchObject({ by: 'user:robot' }))

  test('without scopes has no scopes', () => expect(jwt({ tenant: 'acme' })).toMatchObject({ scopes: [] }))

  test.each([{}, { tenant: '' }, { tenant: ['a', 'b'] }])('without a tenant is refused: %j', (claims) =>
    expect(jwt(claims)).toMatchObject({ refused: 'forbidden' }),
  )
})

describe('an AWS principal', () => {
  const session = 'arn:aws:sts::111122223333:assumed-role/Deployer/ann'
  const iam = (userArn: string, principals?: Parameters<typeof callerOf>[1]) => callerOf({ iam: { userArn } }, principals)
  const known = principalsOf({ 'arn:aws:iam::111122223333:role/team/Deployer': { tenant: 'acme', scopes: ['carillon/read'] } })

  test('that IAM allows has all scopes when no principals are configured', () =>
    expect(iam(session)).toEqual({ tenant: 'default', scopes: ALL, by: 'user:assumed-role/Deployer/ann' }))

  test('has the tenant and the scopes of its role', () =>
    expect(iam(session, known)).toEqual({ tenant: 'acme', scopes: ['carillon/read'], by: 'user:assumed-role/Deployer/ann' }))

  test.each([
    'arn:aws:sts::111122223333:assumed-role/Other/ann',
    'arn:aws:sts::444455556666:assumed-role/Deployer/ann',
    'arn:aws:iam::111122223333:user/Deployer',
  ])('is refused when it is not configured: %s', (arn) => expect(iam(arn, known)).toMatchObject({ refused: 'forbidden' }))

  test('is refused when it is the root of an account', () =>
    expect(iam('arn:aws:iam::111122223333:root')).toMatchObject({ refused: 'forbidden' }))
})

test('a request with neither is unauthenticated', () =>
  expect(callerOf(undefined, undefined)).toMatchObject({ refused: 'unauthenticated' }))

test.each([
  ['arn:aws:iam::111122223333:role/team/Deployer', '111122223333/role/Deployer'],
  ['arn:aws-cn:iam::111122223333:user/team/ann', '111122223333/user/ann'],
  ['arn:aws:sqs:us-east-1:111122223333:queue', undefined],
])('%s has the name %s', (arn, name) => expect(principalName(arn)).toBe(name))

test('a map with other ARNs is rejected', () =>
  expect(() => principalsOf({ 'arn:aws:s3:::bucket': { tenant: 'a', scopes: [] } })).toThrow(
    'auth.iamPrincipals must be keyed by ARNs of IAM roles or users, got arn:aws:s3:::bucket',
  ))
