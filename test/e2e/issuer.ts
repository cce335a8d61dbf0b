import { createSign, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** An OpenID issuer on loopback: its discovery document, its keys and its tokens. */
export type Issuer = {
  readonly url: string
  /** A signed token. By default it is of Alice of the tenant `acme`, with all scopes. */
  readonly token: (claims?: Readonly<Record<string, unknown>>) => string
  /** The same token, signed with an unpublished key. */
  readonly forgery: () => string
  readonly close: () => void
}

export const AUDIENCE = 'carillon-e2e'

const KEY_ID = 'e2e'
const encoded = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** Starts the issuer on a free port with TLS, which API Gateway requires. */
export const startIssuer = async (tls: { readonly cert: string; readonly key: string }): Promise<Issuer> => {
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let url = ''
  const server = createServer(tls, (request, response) => {
    const discovery = { issuer: url, jwks_uri: `${url}/keys` }
    const keys = { keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' }] }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.url === '/keys' ? keys : discovery))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`

  const signed = (key: typeof own.privateKey, claims: Readonly<Record<string, unknown>>): string => {
    const exp = Math.floor(Date.now() / 1_000) + 3_600
    const scope = 'carillon/read carillon/write'
    const all = { iss: url, aud: AUDIENCE, exp, sub: 'alice', scope, 'carillon:tenant': 'acme', ...claims }
    const body = `${encoded({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })}.${encoded(all)}`
    return `${body}.${createSign('RSA-SHA256').update(body).sign(key, 'base64url')}`
  }
  return {
    url,
    token: (claims = {}) => signed(own.privateKey, claims),
    forgery: () => signed(foreign.privateKey, {}),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
