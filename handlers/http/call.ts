import { LIMITS, nonRetriable, retriable } from '../../core/define.ts'
import { exchange } from './exchange.ts'
import { describeRequest, type Incoming, type Outgoing } from './message.ts'
import { checkedAddresses, type Reach, readTarget } from './target.ts'

/** What makes a response final although it redirects. */
type Wanted = (status: number) => boolean

/**
 * Calls, and follows redirects; every hop is resolved, checked and dialled for itself.
 *
 * @throws HandlerError `ForbiddenUrl`, `ForbiddenAddress` or `TooManyRedirects` (not retriable); `ConnectionFailed` (retriable)
 * @throws the signal's reason when it fires
 * @example await call({ method: 'GET', url, headers: {}, keepBytes: 1_000 }, { allow: 'public' }, signal)
 */
export const call = async (
  first: Outgoing,
  reach: Reach,
  signal: AbortSignal,
  wanted: Wanted = () => false,
): Promise<Incoming> => {
  let request = first
  for (let hop = 0; hop <= LIMITS.httpRedirectsCount; hop++) {
    const incoming = await hopTo(request, reach, signal)
    const next = wanted(incoming.status) ? undefined : redirectOf(request, incoming)
    if (!next) return incoming
    request = next
  }
  throw nonRetriable('TooManyRedirects', `${describeRequest(first)} redirects more than ${LIMITS.httpRedirectsCount} times`)
}

const hopTo = async (request: Outgoing, reach: Reach, signal: AbortSignal): Promise<Incoming> => {
  try {
    return await exchange(request, await checkedAddresses(request.url, reach), signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!(error instanceof Error) || 'retriable' in error) throw error
    // A failed dial to several addresses is an AggregateError, which has a code and no message.
    const why = [('code' in error && error.code) || '', error.message].filter(Boolean).join(': ')
    throw retriable('ConnectionFailed', `${describeRequest(request)} got no answer (${why})`)
  }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What may follow to another origin. Anything else could be a secret that was meant for the first one. */
const HARMLESS = new Set(['accept', 'accept-encoding', 'content-type', 'user-agent'])

/**
 * The request that a redirect asks for, or undefined when the response is none. As browsers do, 303 turns every method but
 * HEAD into GET, and 301 and 302 do so to POST.
 *
 * @throws HandlerError `ForbiddenUrl` when it leads away from http(s), or from https to http
 */
export const redirectOf = (request: Outgoing, { status, headers }: Incoming): Outgoing | undefined => {
  if (!REDIRECTS.has(status) || headers.location === undefined) return undefined
  const url = readTarget(headers.location, request.url)
  if (request.url.protocol === 'https:' && url.protocol === 'http:')
    throw nonRetriable(
      'ForbiddenUrl',
      `${describeRequest(request)} redirects to plain http at ${url.host}; ask that service for an https URL`,
    )
  const turns = status === 303 ? request.method !== 'HEAD' : status < 303 && request.method === 'POST'
  const { body, ...bodiless } = request
  const next = turns ? { ...bodiless, method: 'GET', headers: without(request.headers, /^content-/) } : request
  return url.origin === request.url.origin ? { ...next, url } : { ...next, url, headers: harmless(next.headers) }
}

type Headers = Outgoing['headers']
const keep = (headers: Headers, wanted: (name: string) => boolean): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)))
const without = (headers: Headers, unwanted: RegExp): Headers => keep(headers, (name) => !unwanted.test(name))
const harmless = (headers: Headers): Headers => keep(headers, (name) => HARMLESS.has(name))
