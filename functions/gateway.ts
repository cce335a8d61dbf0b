import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { queryOf, type Request, type Response } from '../api/http/request.ts'

/** A request of an HTTP API (payload format 2.0) as the engine sees it. */
export const requestOf = (event: APIGatewayProxyEventV2): Request => ({
  method: event.requestContext.http.method,
  path: event.rawPath,
  query: queryOf(event.rawQueryString),
  headers: headersOf(event),
  ...(event.body === undefined ? {} : { body: bodyOf(event.body, event.isBase64Encoded) }),
})

/** An answer as API Gateway gives it out. */
export const resultOf = ({ status, headers, body }: Response): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { ...headers },
  ...(body === undefined ? {} : { body }),
})

const headersOf = ({ headers }: APIGatewayProxyEventV2): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value ?? '']))

/** API Gateway encodes what it does not take for text, such as a body without a content type. */
const bodyOf = (body: string, isBase64Encoded: boolean): string =>
  isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body
