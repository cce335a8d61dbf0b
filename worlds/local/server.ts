import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { handle } from '../../api/http/handle.ts'
import { problem } from '../../api/http/problem.ts'
import { bodyIn, type Caller, queryOf, type Request, type Response } from '../../api/http/request.ts'
import { LIMITS } from '../../core/limits.ts'
import { show } from '../../core/reading/messages.ts'
import { TENANT } from '../../core/reading/names.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { App } from '../../engine/app.ts'
import type { Needs } from '../../engine/needs.ts'

/** The HTTP server of the local API. */
export type Listening = {
  readonly port: number
  /** Answers the requests in progress, then closes the server. */
  readonly close: () => Promise<void>
}

/**
 * Listens on loopback only, because the local server does not authenticate its callers.
 *
 * @param port 0 for any free port
 * @throws Error when the port is in use, or the process may not use it
 */
export const listen = async (world: Needs<'api'>, app: App, port: number): Promise<Listening> => {
  const server = createServer((request, response) => void answer(world, app, request, response))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === 'EADDRINUSE' ? 'is in use by another process' : `cannot be listened on (${error.message})`
    throw new Error(`port ${port} ${cause}; set PORT to another port, or to 0 for any free one`, { cause: error })
  })
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

const close = async (server: Server): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  await closed
}

const answer = async (world: Needs<'api'>, app: App, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
  try {
    write(outgoing, await respond(world, app, incoming))
  } catch (error) {
    // The client closed the connection before the end of its body.
    world.log.warn('http.aborted', { error })
    outgoing.destroy()
  }
}

const respond = async (world: Needs<'api'>, app: App, incoming: IncomingMessage): Promise<Response> => {
  const { method = 'GET', url = '/' } = incoming
  const [path = '/', ...search] = url.split('?')
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value ?? '')]))
  const caller: Caller | Refusal = callerOf(headers)
  // A refusal before the body is read leaves the body in the connection, so the connection must be closed.
  if (isRefusal(caller)) return problem(caller, path, { connection: 'close' })
  const body = await readBody(incoming)
  if (isRefusal(body)) return problem(body, path, { connection: 'close' })
  return handle(world, app, caller, { method, path, query: queryOf(search.join('?')), headers, body })
}

const readBody = async (incoming: IncomingMessage): Promise<NonNullable<Request['body']> | Refusal> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LIMITS.requestBytes)
      return refuse('tooLarge', `the body has more than ${show(LIMITS.requestBytes)} bytes, the limit (requestBytes)`, {
        path: '',
      })
    chunks.push(chunk)
  }
  return bodyIn(Buffer.concat(chunks))
}

const write = (outgoing: ServerResponse, { status, headers, body }: Response): void => {
  outgoing.writeHead(status, { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) })
  outgoing.end(body)
}

/**
 * The caller of a request. The tenant of the header is trusted, because only this machine can connect. But a browser on this
 * machine runs pages of other sites. So a request from another origin, or with a host name that is not this machine's (DNS
 * rebinding), is refused.
 */
export const callerOf = (headers: Readonly<Record<string, string>>): Caller | Refusal => {
  const { host = '', origin, 'x-carillon-tenant': tenant = 'default' } = headers
  if (!isLoopback(`http://${host}`))
    return refuse('forbidden', `the host is ${show(host)}; the local server accepts localhost and 127.0.0.1 only`)
  if (origin !== undefined && !isLoopback(origin))
    return refuse('forbidden', `the origin is ${show(origin)}; the local server accepts pages of this machine only`)
  if (!TENANT.test(tenant))
    return refuse('invalid', `the tenant is ${show(tenant)}; it must be 1 to 64 letters, digits, dots, dashes and underscores`, {
      path: '/headers/x-carillon-tenant',
    })
  return { tenant, scopes: ['carillon/read', 'carillon/write', 'carillon/admin'], by: 'user:local' }
}

const isLoopback = (origin: string): boolean =>
  URL.canParse(origin) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(origin).hostname)
