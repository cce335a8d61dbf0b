import { LIMITS, nonRetriable, retriable } from '../../core/define.ts'
import { exchange } from './exchange.ts'
import { type Incoming, type Outgoing, said } from './message.ts'
import { redirected } from './redirect.ts'
import { checkedAddresses, type Reach } from './target.ts'

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
    const next = wanted(incoming.status) ? undefined : redirected(request, incoming)
    if (!next) return incoming
    request = next
  }
  throw nonRetriable('TooManyRedirects', `${said(first)} redirects more than ${LIMITS.httpRedirectsCount} times`)
}

const hopTo = async (request: Outgoing, reach: Reach, signal: AbortSignal): Promise<Incoming> => {
  try {
    return await exchange(request, await checkedAddresses(request.url, reach), signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!(error instanceof Error) || 'retriable' in error) throw error
    // A failed dial to several addresses is an AggregateError, which has a code and no message.
    const why = [('code' in error && error.code) || '', error.message].filter(Boolean).join(': ')
    throw retriable('ConnectionFailed', `${said(request)} got no answer (${why})`)
  }
}
