import { defineTask, giveUp, retriable } from 'carillon'
import * as z from 'zod'

type Send = (request: { to: string; idempotencyKey: string; signal: AbortSignal }) => Promise<{ status: number }>

/** Task types that mail invoices. The mail service is a parameter, so that a test can replace it. */
export const invoiceTypes = (send: Send) => ({
  sendInvoice: defineTask('send-invoice', {
    input: z.object({ invoice: z.string(), to: z.email() }),
    retry: { policy: 'fixed', wait: '10m', attempts: 3 },
    onFailure: 'notify-accounting',
    run: async ({ input: { to }, idempotencyKey, signal }) => {
      const { status } = await send({ to, idempotencyKey, signal })
      if (status === 422) return giveUp(`the address ${to} is refused`, 'Refused')
      if (status !== 200) throw retriable('MailDown', `mail answered ${status}`)
      return { sent: true }
    },
  }),
  notifyAccounting: defineTask('notify-accounting', {
    input: z.object({ taskId: z.string(), error: z.object({ code: z.string(), message: z.string() }) }),
    run: ({ input, log }) => log.warn(`invoice task ${input.taskId} failed`, input.error),
  }),
})
