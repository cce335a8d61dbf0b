import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that the service has received. */
export type Got = { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }

/** An HTTP service on loopback at a free port, which records its requests. */
export type Service = {
  readonly url: string
  readonly port: number
  readonly got: readonly Got[]
  /** Resolves with the next request; at once when there is one already. */
  readonly next: () => Promise<Got>
  readonly close: () => Promise<void>
}

export const serve = async (answer: (got: Got, response: ServerResponse) => void): Promise<Service> => {
  const got: Got[] = []
  const arrivals = new EventEmitter()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const one = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    }
    got.push(one)
    arrivals.emit('got')
    answer(one, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const next = async (): Promise<Got> => {
    for (let one = got.at(-1); ; one = got.at(-1)) {
      if (one) return one
      await once(arrivals, 'got')
    }
  }
  return { url: `http://127.0.0.1:${port}`, port, got, next, close }
}

/** Sends a JSON response. */
export const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
