import { nonRetriable } from '../../core/define.ts'
import { type Incoming, type Outgoing, said } from './message.ts'
import { readTarget } from './target.ts'

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What may follow to another origin. Anything else could be a secret that was meant for the first one. */
const HARMLESS = new Set(['accept', 'accept-encoding', 'content-type', 'user-agent'])

/**
 * The request that a redirect asks for, or undefined when the response is none. As browsers do, 303 turns every method but
 * HEAD into GET, and 301 and 302 do so to POST.
 *
 * @throws HandlerError `ForbiddenUrl` when it leads away from http(s), or from https to http
 */
export const redirected = (request: Outgoing, { status, headers }: Incoming): Outgoing | undefined => {
  if (!REDIRECTS.has(status) || headers.location === undefined) return undefined
  const url = readTarget(headers.location, request.url)
  if (request.url.protocol === 'https:' && url.protocol === 'http:')
    throw nonRetriable(
      'ForbiddenUrl',
      `${said(request)} redirects to plain http at ${url.host}; ask that service for an https URL`,
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
