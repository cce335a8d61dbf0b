import { runHandler, testWorld } from 'carillon/testing'
import { expect, test } from 'vitest'
import { invoiceTypes } from './invoices.ts'

/** The types, with a mail service that gives these answers one after the other. */
const answering = (...statuses: number[]) => invoiceTypes(async () => ({ status: statuses.shift() ?? 200 }))
const input = { invoice: '2026-17', to: 'ada@example.com' }

test('a refused address is given up at once', async () => {
  const { outcome, error } = await runHandler(answering(422).sendInvoice, input)
  expect(outcome).toBe('failed')
  expect(error?.code).toBe('Refused')
})

test('mail that is down is tried again, but not for ever', async () => {
  expect(await runHandler(answering(503).sendInvoice, input)).toMatchObject({ outcome: 'retried', delayMs: 600_000 })
  expect(await runHandler(answering(503).sendInvoice, input, { attempt: 3 })).toMatchObject({ outcome: 'failed' })
})

test('the invoice goes out when mail is up again', async () => {
  const { sendInvoice, tellAccounting } = answering(503, 503)
  await using world = await testWorld({ types: [sendInvoice, tellAccounting] })
  const id = await world.create(sendInvoice, input, { delay: '1h' })

  await world.advance('59m')
  await world.expectTask(id).toBe('scheduled')
  await world.advance('1m')
  await world.expectTask(id).toHaveAttempts(1)
  await world.expectTask(id).toSucceed({ output: { sent: true } }) // drives the world for as long as it takes
  await world.expectTask(id).toHaveAttempts(3)
  expect(new Date(world.now()).toISOString()).toBe('2026-01-05T10:20:00.000Z') // it began at 9:00
})

test('accounting hears of an invoice that did not go out', async () => {
  const { sendInvoice, tellAccounting } = answering(503, 503, 503)
  await using world = await testWorld({ types: [sendInvoice, tellAccounting] })
  const id = await world.create(sendInvoice, input)

  const { failureTask } = await world.expectTask(id).toFail({ code: 'MailDown' })
  await world.expectTask(failureTask ?? '').toSucceed()
  expect(world.logs()).toContainEqual(expect.objectContaining({ level: 'warn', message: `invoice task ${id} failed` }))
})
