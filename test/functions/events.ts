import type { APIGatewayProxyEventV2, Context, DynamoDBRecord, SQSRecord } from 'aws-lambda'
import type { Authorizer } from '../../functions/http-event.ts'
import { DEAD_LETTERS } from './env.ts'

/** A record of an SQS event. */
export const message = (messageId: string, body: string, more: Partial<SQSRecord> = {}): SQSRecord => ({
  messageId,
  receiptHandle: 'receipt',
  body,
  attributes: {
    ApproximateReceiveCount: '2',
    SentTimestamp: '0',
    SenderId: 'sender',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:111122223333:normal',
  awsRegion: 'us-east-1',
  ...more,
})

/** A message on the dead-letter queue that SQS moved there from a lane's queue. */
export const buried = (queueArn: string, body: string): SQSRecord => {
  const { attributes, ...rest } = message('id', body)
  return { ...rest, attributes: { ...attributes, DeadLetterQueueSourceArn: queueArn }, eventSourceARN: DEAD_LETTERS }
}

/** A message on the dead-letter queue that Lambda writes for a stream batch which a function could not process. */
export const failedBatch = (functionArn: string, batch: object): SQSRecord => {
  const requestContext = { functionArn, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 11 }
  const body = JSON.stringify({ requestContext, DDBStreamBatchInfo: { ...batch, batchSize: 3 } })
  return message('id', body, { eventSourceARN: DEAD_LETTERS })
}

/** A record of the table's stream. */
export const record = (pk: string, sequenceNumber: string, more: object = {}): DynamoDBRecord => ({
  eventName: 'MODIFY',
  dynamodb: { Keys: { pk: { S: pk } }, SequenceNumber: sequenceNumber, ...more },
})

/** An event of an HTTP API (payload format 2.0). */
export const call = (
  routeKey: string,
  authorizer?: Authorizer,
  more: Partial<APIGatewayProxyEventV2> = {},
): APIGatewayProxyEventV2 => {
  const [method = '', path = ''] = routeKey.split(' ')
  const requestContext = {
    accountId: '111122223333',
    apiId: 'api',
    domainName: 'api.execute-api.us-east-1.amazonaws.com',
    domainPrefix: 'api',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
    requestId: 'request',
    routeKey,
    stage: '$default',
    time: '21/Nov/2026:20:00:00 +0000',
    timeEpoch: 0,
    ...(authorizer ? { authorizer } : {}),
  }
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: {},
    requestContext,
    isBase64Encoded: false,
    ...more,
  }
}

/** The context of an invocation. */
export const context = {
  functionName: 'test',
  functionVersion: '1',
  awsRequestId: 'invocation',
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 60_000,
} as Context
