import { describe, expect, test } from 'vitest'
import { routes } from '../../api/routes/index.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

const JWT = { issuer: 'https://login.example.com', audience: ['carillon'] }
const byToken = templateOf({ auth: JWT })
const bySignature = templateOf()
const routesOf = (template = byToken) => Object.values(resourcesOf(template, 'AWS::ApiGatewayV2::Route'))

describe('the API', () => {
  test('has the routes of the route table and a default route', () => {
    const keys = routesOf().map(({ Properties }) => Properties.RouteKey)
    expect(new Set(keys)).toEqual(new Set([...routes.map(({ method, path }) => `${method} ${path}`), '$default']))
  })

  test.each([
    ['by token', byToken, 'JWT'],
    ['by signature', bySignature, 'AWS_IAM'],
  ] as const)('accepts requests only %s, on every route', (_, template, type) =>
    expect(new Set(routesOf(template).map(({ Properties }) => Properties.AuthorizationType))).toEqual(new Set([type])),
  )

  test('accepts tokens of the issuer for the audience', () =>
    expect(theOne(byToken, 'AWS::ApiGatewayV2::Authorizer').Properties.JwtConfiguration).toEqual({
      Issuer: JWT.issuer,
      Audience: JWT.audience,
    }))

  test('may invoke its function on routes with a path and on the default route', () => {
    const sources = Object.values(resourcesOf(byToken, 'AWS::Lambda::Permission')).map(({ Properties }) =>
      Properties.SourceArn['Fn::Join'][1].at(-1),
    )
    expect(new Set(sources)).toEqual(new Set(['/*/*/*', '/*/$default']))
  })

  test('has a default throttle', () =>
    expect(theOne(byToken, 'AWS::ApiGatewayV2::Stage').Properties.DefaultRouteSettings).toEqual({
      ThrottlingBurstLimit: 1_000,
      ThrottlingRateLimit: 500,
    }))

  test('has the throttle of the deployment', () => {
    const stage = theOne(templateOf({ throttle: { ratePerSecond: 5, burst: 9 } }), 'AWS::ApiGatewayV2::Stage')
    expect(stage.Properties.DefaultRouteSettings).toEqual({ ThrottlingBurstLimit: 9, ThrottlingRateLimit: 5 })
  })

  test('logs each request as JSON without headers', () => {
    const line = JSON.parse(theOne(byToken, 'AWS::ApiGatewayV2::Stage').Properties.AccessLogSettings.Format)
    expect([line.status, Object.values(line).some((value) => String(value).includes('header'))]).toEqual([
      '$context.status',
      false,
    ])
  })

  test('passes the IAM principals to its function', () => {
    const iamPrincipals = { 'arn:aws:iam::111122223333:role/Caller': { tenant: 'acme', scopes: ['carillon/read'] } }
    const lambda = theOne(templateOf({ auth: { iamPrincipals } }), 'AWS::Lambda::Function', /^CarillonApi/)
    expect(JSON.parse(lambda.Properties.Environment.Variables.CARILLON_PRINCIPALS)).toEqual(iamPrincipals)
  })
})

describe('synthesis fails for an authorizer with', () => {
  const role = 'arn:aws:iam::111122223333:role/Caller'
  test.each([
    ['an issuer without https', { issuer: 'http://x', audience: ['a'] }, 'auth.issuer must be an https URL, got "http://x"'],
    ['no audience', { issuer: 'https://x', audience: [] }, 'auth.audience must name at least one audience, got []'],
    [
      'a key that is not a role or user',
      { iamPrincipals: { 'arn:aws:s3:::x': { tenant: 'a', scopes: [] } } },
      'keyed by ARNs of IAM roles or users, got arn:aws:s3:::x',
    ],
    [
      'a principal without a tenant',
      { iamPrincipals: { [role]: { tenant: '', scopes: [] } } },
      `${role} must have a tenant, got ""`,
    ],
    [
      'too many principals',
      {
        iamPrincipals: Object.fromEntries(
          Array.from({ length: 40 }, (_, index) => [`${role}${index}`, { tenant: 'a', scopes: [] }]),
        ),
      },
      'auth.iamPrincipals must be at most 2048 bytes as JSON, got ',
    ],
    [
      'an unknown scope',
      { iamPrincipals: { [role]: { tenant: 'a', scopes: ['all'] } } },
      `scopes of ${role} must be among carillon/read, carillon/write, carillon/admin, got all`,
    ],
  ])('%s', (_, auth, words) => expect(() => templateOf({ auth })).toThrow(words))
})
