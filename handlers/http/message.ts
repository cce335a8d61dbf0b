import type { IncomingHttpHeaders } from 'node:http'
import type { Json } from '../../core/define.ts'

/** A request as it goes out. Header names are in lower case. */
export type Outgoing = {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** How much of the response's body is kept; what is beyond is not read. */
  readonly keepBytes: number
}

/** A response as it came in. */
export type Incoming = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body was longer than what was kept. */
  readonly truncated: boolean
}

/** A request in words, without its query, where secrets are wont to ride. `POST https://api.example.com/orders` */
export const describeRequest = ({ method, url }: Pick<Outgoing, 'method' | 'url'>): string =>
  `${method} ${url.origin}${url.pathname}`

/** The body as JSON when it is whole and is JSON, else as text; undefined when there is none. */
export const readBody = ({ text, truncated, headers }: Incoming): Json | undefined => {
  if (text === '') return undefined
  if (truncated || !/\bjson\b/i.test(headers['content-type'] ?? '')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
