import { testWorld } from 'carillon/testing'
import { expect, test } from 'vitest'
import { promote } from './promotions.ts'

test('while the type is paused, no task runs and explain gives the reason', async () => {
  await using world = await testWorld({ types: [promote] })
  await world.request('POST', '/v1/controls/type.promote/pause', { reason: 'the month is being closed' })
  const id = await world.create(promote, { environment: 'sandbox-7', release: '26.1' })
  await world.advance('1h')
  const { body } = await world.request('GET', `/v1/tasks/${id}/explain`)
  expect(body).toMatchObject({
    reasons: [{ code: 'paused', by: 'user:test', reason: 'the month is being closed', position: 1 }],
  })

  await world.request('POST', '/v1/controls/type.promote/resume')
  await world.expectTask(id).toSucceed()
})
