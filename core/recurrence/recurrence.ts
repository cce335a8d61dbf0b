import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { read } from '../reading/read.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { type At, atField, recurAt } from './at.ts'
import { clockTimeField } from './clock-time.ts'
import { type Cron, cronField, recurByCron } from './cron.ts'
import { type ByDateFormula, dateFormulaField, recurByDateFormula } from './date-formula.ts'
import type { Recurring, Setting } from './form.ts'
import { type ByJobQueue, jobQueueField, recurByJobQueue } from './job-queue.ts'
import { type Rate, rateField, recurByRate } from './rate.ts'
import { exdatesField, type Rrule, rdatesField, recurByRrule, rruleField } from './rrule.ts'

/** When a series occurs: one of these forms, as its author wrote it. The row keeps it so. */
export type Recurrence = Cron | Rate | At | Rrule | ByJobQueue | ByDateFormula

/** Each form by the field that selects it: its written form, and its occurrences. A new form is one line in each. */
const fields = {
  cron: cronField,
  rate: rateField,
  at: atField,
  rrule: rruleField,
  jobQueue: jobQueueField,
  dateFormula: dateFormulaField,
}
const forms = {
  cron: recurByCron,
  rate: recurByRate,
  at: recurAt,
  rrule: recurByRrule,
  jobQueue: recurByJobQueue,
  dateFormula: recurByDateFormula,
} as const

/** Fields that belong to a form of another field. */
const PARTS: Readonly<Record<string, FormName>> = { exdates: 'rrule', rdates: 'rrule', startingTime: 'dateFormula' }

type FormName = keyof typeof forms
const FORMS = Object.keys(forms) as readonly FormName[]

/** The written form of a recurrence: exactly one of the forms. */
export const recurrenceField = z
  .strictObject({
    cron: fields.cron.optional(),
    rate: fields.rate.optional(),
    at: fields.at.optional(),
    rrule: fields.rrule.optional(),
    exdates: exdatesField.optional(),
    rdates: rdatesField.optional(),
    jobQueue: fields.jobQueue.optional(),
    dateFormula: fields.dateFormula.optional(),
    startingTime: clockTimeField.optional().meta({ description: 'dateFormula: the time of the day. Default: midnight.' }),
  })
  .superRefine((written, context) => {
    const given = FORMS.filter((name) => written[name] !== undefined)
    const [, second] = given
    if (given.length === 0)
      context.addIssue({ code: 'custom', message: `it must have one of ${FORMS.join(', ')}`, input: written })
    if (second !== undefined)
      context.addIssue({
        code: 'custom',
        path: [second],
        message: `given together with ${given[0]}; give one of them`,
        input: written,
      })
    for (const [name, form] of Object.entries(PARTS))
      if (name in written && !given.includes(form))
        context.addIssue({ code: 'custom', path: [name], message: `given without ${form}, to which it belongs`, input: written })
  })
  .transform((written) => written as Recurrence)

/**
 * Reads a recurrence from its written form.
 *
 * @param at JSON pointer of the value within the request
 * @example readRecurrence({ cron: '0 9 * * 1-5' }) // { recurrence: { cron: '0 9 * * 1-5' } }
 */
export const readRecurrence = (written: unknown, at = ''): { readonly recurrence: Recurrence } | Refusal => {
  const done = read(recurrenceField, written, at)
  return isRefusal(done) ? done : { recurrence: done.value }
}

/** The form of a recurrence. */
export const formOf = (recurrence: Recurrence): FormName => FORMS.find((name) => name in recurrence) as FormName

/** Recurrences that are ready: to read one takes longer than to search it, and a series asks for one occurrence after another. */
const ready = new Map<string, Recurring>()

/** Makes a recurrence ready to be asked for its occurrences. */
export const recurringOf = (recurrence: Recurrence, setting: Setting): Recurring => {
  const key = JSON.stringify([recurrence, setting])
  const known = ready.get(key)
  if (known) return known
  // A union of functions takes the intersection of their parameters; `formOf` pairs each form with its own.
  const made = (forms[formOf(recurrence)] as (recurrence: Recurrence, setting: Setting) => Recurring)(recurrence, setting)
  if (ready.size >= LIMITS.recurrencesReadyCount) ready.clear()
  ready.set(key, made)
  return made
}
