import * as z from 'zod'
import { defined } from '../../core/defined.ts'
import { type Refusal, type RefusalCode, refusals } from '../../core/refusal.ts'

/** What the outside or ourselves did wrong, beside the refusals: the caller may only try again. */
export const failures = {
  unavailable: { status: 503, title: 'Not possible at this moment' },
  defect: { status: 500, title: 'A defect in Carillon' },
} as const

const CODES = [...Object.keys(refusals), ...Object.keys(failures)] as (RefusalCode | keyof typeof failures)[]

/** An error as wires show it (RFC 9457). `code` is stable; `type` is the same as a URN. */
export const problemView = z
  .object({
    type: z.string().meta({ examples: ['urn:carillon:problem:invalid'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What was wrong, with what value, and what would be right.' }),
    code: z.enum(CODES),
    path: z.string().optional().meta({
      description:
        'Where, as a JSON pointer into the body; or /path/…, /query/… or /headers/… for what is not in it. In a batch it begins at the entry.',
    }),
    state: z.string().optional().meta({ description: 'The state of the task, where that is why.' }),
    instance: z.string().meta({ description: 'The path that was asked for.' }),
  })
  .meta({ id: 'Problem' })
export type Problem = z.output<typeof problemView>

/** A refusal as wires show it. */
export const problemOf = ({ refused, message, path, state }: Refusal, instance: string): Problem => ({
  type: `urn:carillon:problem:${refused}`,
  title: refusals[refused].title,
  status: refusals[refused].status,
  detail: message,
  code: refused,
  ...defined({ path, state }),
  instance,
})

/** A failure as wires show it: nothing of the inside comes along. */
export const failureOf = (code: keyof typeof failures, detail: string, instance: string): Problem => ({
  type: `urn:carillon:problem:${code}`,
  ...failures[code],
  detail,
  code,
  instance,
})
