import { describe, expect, test } from 'vitest'
import { callerOf, requestOf, resultOf } from '../../functions/http-event.ts'
import { principalName, principalsOf } from '../../functions/principals.ts'
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

const jwt = (claims: Record<string, unknown>) => callerOf({ jwt: { claims } }, undefined)
const ALL = ['carillon/read', 'carillon/write', 'carillon/admin']

describe('a token', () => {
  test('says the tenant, the scopes and the user', () =>
    expect(jwt({ tenant: 'acme', scope: 'openid carillon/read carillon/write', sub: 'alice' })).toEqual({
      tenant: 'acme',
      scopes: ['carillon/read', 'carillon/write'],
      by: 'user:alice',
    }))

  test("says the tenant by Carillon's own claim first", () =>
    expect(jwt({ 'carillon:tenant': 'acme', tenant: 'other', sub: 'alice' })).toMatchObject({ tenant: 'acme' }))

  test.each([
    ['as API Gateway writes a list', '[carillon/read carillon/admin]'],
    ['as a list', ['carillon/read', 'carillon/admin']],
  ])('may have its scopes in scp, %s', (_, scp) =>
    expect(jwt({ tenant: 'acme', scp })).toMatchObject({ scopes: ['carillon/read', 'carillon/admin'] }),
  )

  test('of a program is called by its client', () =>
    expect(jwt({ tenant: 'acme', client_id: 'robot' })).toMatchObject({ by: 'user:robot' }))

  test('without scopes may do nothing', () => expect(jwt({ tenant: 'acme' })).toMatchObject({ scopes: [] }))

  test.each([{}, { tenant: '' }, { tenant: ['a', 'b'] }])('that names no tenant is refused: %j', (claims) =>
    expect(jwt(claims)).toMatchObject({ refused: 'forbidden' }),
  )
})

describe('an AWS principal', () => {
  const session = 'arn:aws:sts::111122223333:assumed-role/Deployer/ann'
  const iam = (userArn: string, principals?: Parameters<typeof callerOf>[1]) => callerOf({ iam: { userArn } }, principals)
  const known = principalsOf({ 'arn:aws:iam::111122223333:role/team/Deployer': { tenant: 'acme', scopes: ['carillon/read'] } })

  test('that IAM lets in may do everything, where nobody is named', () =>
    expect(iam(session)).toEqual({ tenant: 'default', scopes: ALL, by: 'user:assumed-role/Deployer/ann' }))

  test('has the tenant and the scopes of its role', () =>
    expect(iam(session, known)).toEqual({ tenant: 'acme', scopes: ['carillon/read'], by: 'user:assumed-role/Deployer/ann' }))

  test.each([
    'arn:aws:sts::111122223333:assumed-role/Other/ann',
    'arn:aws:sts::444455556666:assumed-role/Deployer/ann',
    'arn:aws:iam::111122223333:user/Deployer',
  ])('is refused when it is not named: %s', (arn) => expect(iam(arn, known)).toMatchObject({ refused: 'forbidden' }))

  test('is refused when it is the root of an account', () =>
    expect(iam('arn:aws:iam::111122223333:root')).toMatchObject({ refused: 'forbidden' }))
})

test('who carries neither is not known', () =>
  expect(callerOf(undefined, undefined)).toMatchObject({ refused: 'unauthenticated' }))

test.each([
  ['arn:aws:iam::111122223333:role/team/Deployer', '111122223333/role/Deployer'],
  ['arn:aws-cn:iam::111122223333:user/team/ann', '111122223333/user/ann'],
  ['arn:aws:sqs:us-east-1:111122223333:queue', undefined],
])('%s is called %s', (arn, name) => expect(principalName(arn)).toBe(name))

test('a map that names something else is refused', () =>
  expect(() => principalsOf({ 'arn:aws:s3:::bucket': { tenant: 'a', scopes: [] } })).toThrow(
    'must be the ARN of an IAM role or user',
  ))
