import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sqs } from '../../handlers/sqs.ts'
import { attempt } from './attempt.ts'
import { json, type Service, serve } from './service.ts'

let aws: Service
let elsewhere: Service
const before = { ...process.env }

beforeAll(async () => {
  aws = await serve(({ body }, response) => {
    const text: string = JSON.parse(body).MessageBody
    json(response, 200, { MessageId: 'm-1', MD5OfMessageBody: createHash('md5').update(text).digest('hex') })
  })
  elsewhere = await serve((_, response) => response.writeHead(500).end())
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SQS: aws.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })
})
afterAll(async () => {
  process.env = before
  await aws.close()
  await elsewhere.close()
})

it('sends its message to SQS and never to the host of the queue URL', async () => {
  const queueUrl = `${elsewhere.url}/123456789012/orders`
  expect(await attempt(sqs, { queueUrl, body: { n: 1 } })).toEqual({ outcome: 'succeeded', json: { messageId: 'm-1' } })
  expect(elsewhere.got).toEqual([])
  expect(JSON.parse(aws.got[0]?.body ?? '')).toMatchObject({ QueueUrl: queueUrl, MessageBody: '{"n":1}' })
})
