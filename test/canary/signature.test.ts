import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { httpCall, signed } from '../../canary/caller.ts'

/** The requests as a server gets them. */
type Received = { readonly request: IncomingMessage; readonly body: string }
const received: Received[] = []
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  received.push({ request, body })
  response.end('{}')
})
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => void vi.unstubAllEnvs())
afterAll(() => void server.close())

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** The signature that AWS computes for a request. Source: IAM user guide, *Create a signed AWS API request*. */
const expectedSignature = ({ request, body }: Received, region: string): string => {
  const { authorization = '' } = request.headers
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? []
  const date = String(request.headers['x-amz-date'])
  const scope = `${date.slice(0, 8)}/${region}/execute-api/aws4_request`
  const { pathname, searchParams } = new URL(request.url ?? '', url)
  const query = [...searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).sort()
  const headers = names.map((name) => `${name}:${request.headers[name]}\n`).join('')
  const canonical = [request.method, pathname, query.join('&'), headers, names.join(';'), hash(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')
  const key = ['execute-api', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${SECRET}`, date.slice(0, 8)), region))
  return hmac(key, text).toString('hex')
}

test.each<[string, string, unknown]>([
  ['GET', '/v1/tasks?tag=canary-1&state=scheduled', undefined],
  ['POST', '/v1/tasks', { type: 'canary.echo', input: { text: 'ü & =' } }],
])('a signed %s %s has the signature that AWS computes for what arrives', async (method, path, body) => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET)
  vi.stubEnv('AWS_SESSION_TOKEN', 'the token of a role')
  await httpCall(url, signed('eu-central-1'))(method, path, body, { 'idempotency-key': 'k1' })
  const last = received.at(-1)
  if (!last) throw new Error('no request arrived')
  const { authorization, ...headers } = last.request.headers
  const scope = `${String(headers['x-amz-date']).slice(0, 8)}/eu-central-1/execute-api/aws4_request`
  expect(authorization).toContain(`Credential=AKIDEXAMPLE/${scope}`)
  expect(authorization).toContain(`Signature=${expectedSignature(last, 'eu-central-1')}`)
  expect(authorization).toMatch(/SignedHeaders=[^,]*host;/)
  expect(headers).toMatchObject({ 'x-amz-security-token': 'the token of a role', 'idempotency-key': 'k1' })
  expect(last.body).toBe(body === undefined ? '' : JSON.stringify(body))
})
