import * as z from 'zod'
import { defined } from '../../core/defined.ts'
import { type Refusal, type RefusalCode, refusals } from '../../core/refusal.ts'

/** Failures of a service or of Carillon, which are no refusals. */
export const failures = {
  unavailable: { status: 503, title: 'Temporarily unavailable' },
  defect: { status: 500, title: 'Internal error' },
} as const

const CODES = [...Object.keys(refusals), ...Object.keys(failures)] as (RefusalCode | keyof typeof failures)[]

/** A problem document (RFC 9457). `code` is stable; `type` is the same code as a URN. */
export const problemView = z
  .object({
    type: z.string().meta({ examples: ['urn:carillon:problem:invalid'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'The error, the value, and the expected value.' }),
    code: z.enum(CODES),
    path: z.string().optional().meta({
      description:
        'The place of the error: a JSON pointer into the body, or /path/…, /query/… or /headers/…. In a batch, relative to the entry.',
    }),
    state: z.string().optional().meta({ description: 'The state of the task, if it is the reason.' }),
    instance: z.string().meta({ description: 'The path of the request.' }),
  })
  .meta({ id: 'Problem' })
export type Problem = z.output<typeof problemView>

/** Builds the problem of a refusal. */
export const problemOf = ({ refused, message, path, state }: Refusal, instance: string): Problem => ({
  type: `urn:carillon:problem:${refused}`,
  title: refusals[refused].title,
  status: refusals[refused].status,
  detail: message,
  code: refused,
  ...defined({ path, state }),
  instance,
})

/** Builds the problem of a failure, without internal details. */
export const failureOf = (code: keyof typeof failures, detail: string, instance: string): Problem => ({
  type: `urn:carillon:problem:${code}`,
  ...failures[code],
  detail,
  code,
  instance,
})
