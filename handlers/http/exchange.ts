import type { LookupAddress } from 'node:dns'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Incoming, Outgoing } from './input.ts'

/**
 * Sends one request over a new connection to one of the given addresses.
 *
 * @throws the error of the network, or the reason of the signal
 */
export const exchange = (outgoing: Outgoing, addresses: readonly LookupAddress[], signal: AbortSignal): Promise<Incoming> =>
  new Promise((resolve, reject) => {
    const { url, method, headers, body, keepBytes } = outgoing
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
      signal,
      lookup: pinnedTo(addresses),
      // No pool: a pool finds connections by host name, so it could reuse one whose address was checked with other rules.
      agent: false,
    })
    request.on('error', reject)
    request.on('response', (response) => readResponse(response, keepBytes).then(resolve, reject))
    request.end(body)
  })

/** A look-up that returns the checked addresses. */
const pinnedTo =
  (addresses: readonly LookupAddress[]): LookupFunction =>
  (host, { all }, answer) => {
    const [first] = addresses
    if (!first) answer(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), '')
    else if (all) answer(null, [...addresses])
    else answer(null, first.address, first.family)
  }

const readResponse = async (response: IncomingMessage, keepBytes: number): Promise<Incoming> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    // The end of the loop closes the connection.
    if (bytes > keepBytes) break
  }
  const text = Buffer.concat(chunks).subarray(0, keepBytes).toString('utf8')
  return { status: response.statusCode ?? 0, headers: response.headers, text, truncated: bytes > keepBytes }
}
