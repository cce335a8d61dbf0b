import type { IncomingHttpHeaders } from 'node:http'
import type { Json } from '../../core/define.ts'

/** A request to send. Header names are in lower case. */
export type Outgoing = {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** The most bytes of the response body to read. */
  readonly keepBytes: number
}

/** A received response. */
export type Incoming = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body was longer than `keepBytes`. */
  readonly truncated: boolean
}

/** The method and URL of a request, such as `POST https://api.example.com/orders`. The query is omitted, because it can hold secrets. */
export const describeRequest = ({ method, url }: Pick<Outgoing, 'method' | 'url'>): string =>
  `${method} ${url.origin}${url.pathname}`

/** The body as JSON if it is complete JSON, else as text; undefined without a body. */
export const readBody = ({ text, truncated, headers }: Incoming): Json | undefined => {
  if (text === '') return undefined
  if (truncated || !/\bjson\b/i.test(headers['content-type'] ?? '')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
