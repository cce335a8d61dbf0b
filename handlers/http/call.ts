import { LIMITS, nonRetriable, retriable } from '../../core/define.ts'
import { exchange } from './exchange.ts'
import { describeRequest, type Incoming, type Outgoing } from './input.ts'
import { checkedAddresses, type Reach, readTarget } from './target.ts'

/** Is a response with this status final, even if it is a redirect? */
type IsExpected = (status: number) => boolean

/**
 * Sends a request and follows redirects. The host of each hop is resolved, checked and connected separately.
 *
 * @throws HandlerError `ForbiddenUrl`, `ForbiddenAddress` or `TooManyRedirects` (not retriable); `ConnectionFailed` (retriable)
 * @throws the reason of the signal when it aborts
 * @example await call({ method: 'GET', url, headers: {}, keepBytes: 1_000 }, { allow: 'public' }, signal)
 */
export const call = async (
  first: Outgoing,
  reach: Reach,
  signal: AbortSignal,
  isExpected: IsExpected = () => false,
): Promise<Incoming> => {
  let request = first
  for (let hop = 0; hop <= LIMITS.httpRedirectsCount; hop++) {
    const incoming = await sendHop(request, reach, signal)
    const next = isExpected(incoming.status) ? undefined : redirectOf(request, incoming)
    if (!next) return incoming
    request = next
  }
  throw nonRetriable('TooManyRedirects', `${describeRequest(first)} redirects more than ${LIMITS.httpRedirectsCount} times`)
}

const sendHop = async (request: Outgoing, reach: Reach, signal: AbortSignal): Promise<Incoming> => {
  try {
    return await exchange(request, await checkedAddresses(request.url, reach), signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!(error instanceof Error) || 'retriable' in error) throw error
    // A failed connection to several addresses is an AggregateError, which has a code and no message.
    const cause = [('code' in error && error.code) || '', error.message].filter(Boolean).join(': ')
    throw retriable('ConnectionFailed', `${describeRequest(request)} got no response (${cause})`)
  }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Headers that are sent to another origin. Any other header could be a secret for the first one. */
const SAFE_HEADERS = new Set(['accept', 'accept-encoding', 'content-type', 'user-agent'])

/**
 * The next request of a redirect; undefined if the response is no redirect. As in browsers, 303 changes each method except HEAD
 * to GET, and 301 and 302 change POST to GET.
 *
 * @throws HandlerError `ForbiddenUrl` for a scheme other than http(s), and for a redirect from https to http
 */
export const redirectOf = (request: Outgoing, { status, headers }: Incoming): Outgoing | undefined => {
  if (!REDIRECTS.has(status) || headers.location === undefined) return undefined
  const url = readTarget(headers.location, request.url)
  if (request.url.protocol === 'https:' && url.protocol === 'http:')
    throw nonRetriable(
      'ForbiddenUrl',
      `${describeRequest(request)} redirects to plain http at ${url.host}; the redirect must be to https`,
    )
  const becomesGet = status === 303 ? request.method !== 'HEAD' : status < 303 && request.method === 'POST'
  const { body, ...bodiless } = request
  const next = becomesGet ? { ...bodiless, method: 'GET', headers: without(request.headers, /^content-/) } : request
  return url.origin === request.url.origin ? { ...next, url } : { ...next, url, headers: safe(next.headers) }
}

type Headers = Outgoing['headers']
const filterHeaders = (headers: Headers, isKept: (name: string) => boolean): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => isKept(name)))
const without = (headers: Headers, removed: RegExp): Headers => filterHeaders(headers, (name) => !removed.test(name))
const safe = (headers: Headers): Headers => filterHeaders(headers, (name) => SAFE_HEADERS.has(name))
