import { runHandler, testWorld } from 'carillon/testing'
import { expect, test } from 'vitest'
import { invoiceTypes } from './invoices.ts'

/** The task types, with a mail service that returns these statuses one after the other. */
const answering = (...statuses: number[]) => invoiceTypes(async () => ({ status: statuses.shift() ?? 200 }))
const input = { invoice: '2026-17', to: 'ada@example.com' }

test('a refused address fails the task at once', async () => {
  const { outcome, error } = await runHandler(answering(422).sendInvoice, input)
  expect(outcome).toBe('failed')
  expect(error?.code).toBe('Refused')
})

test('an outage of the mail service is retried up to three attempts', async () => {
  expect(await runHandler(answering(503).sendInvoice, input)).toMatchObject({ outcome: 'retried', delayMs: 600_000 })
  expect(await runHandler(answering(503).sendInvoice, input, { attempt: 3 })).toMatchObject({ outcome: 'failed' })
})

test('the invoice is sent after an outage of the mail service', async () => {
  const { sendInvoice, notifyAccounting } = answering(503, 503)
  await using world = await testWorld({ types: [sendInvoice, notifyAccounting] })
  const id = await world.create(sendInvoice, input, { delay: '1h' })

  await world.advance('59m')
  await world.expectTask(id).toBe('scheduled')
  await world.advance('1m')
  await world.expectTask(id).toHaveAttempts(1)
  await world.expectTask(id).toSucceed({ output: { sent: true } }) // advances the time until the task ends
  await world.expectTask(id).toHaveAttempts(3)
  expect(new Date(world.now()).toISOString()).toBe('2026-01-05T10:20:00.000Z') // the world starts at 9:00
})

test('a failed invoice submits its failure task', async () => {
  const { sendInvoice, notifyAccounting } = answering(503, 503, 503)
  await using world = await testWorld({ types: [sendInvoice, notifyAccounting] })
  const id = await world.create(sendInvoice, input)

  const { failureTask } = await world.expectTask(id).toFail({ code: 'MailDown' })
  await world.expectTask(failureTask ?? '').toSucceed()
  expect(world.logs()).toContainEqual(expect.objectContaining({ level: 'warn', message: `invoice task ${id} failed` }))
})
