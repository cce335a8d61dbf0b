import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { httpTask } from 'carillon/handlers'
import { testWorld } from 'carillon/testing'
import { expect, test } from 'vitest'

/** A service that has no order 17, and a webhook that records what it gets. */
const service = async () => {
  const reports: unknown[] = []
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    if (request.url === '/failed') reports.push(JSON.parse(body))
    response.writeHead(request.url === '/failed' ? 204 : 404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, reports, [Symbol.asyncDispose]: async () => void server.close() }
}

test('a failed call is reported to a webhook, without a handler', async () => {
  await using orders = await service()
  await using world = await testWorld({
    types: [httpTask({ allow: 'loopback' })],
    onFailure: { type: 'http', input: { url: `${orders.url}/failed` } },
  })
  const id = await world.create('http', { url: `${orders.url}/orders/17` })
  const { failureTask = '' } = await world.expectTask(id).toFail({ code: 'Http404' })
  await world.expectTask(failureTask).toSucceed()
  expect(orders.reports).toMatchObject([{ taskId: id, type: 'http', attempts: 1, error: { code: 'Http404', retriable: false } }])
})
