import * as z from 'zod'
import { type Instant, parseInstant } from '../../core/define.ts'

/** An operation on an environment, as the admin center API tells of it. */
export const operation = z.object({
  id: z.string(),
  type: z.string(),
  status: z.string(),
  createdOn: z.string(),
  errorMessage: z.string().nullish(),
  parameters: z
    .object({ sourceEnvironmentName: z.string().nullish(), destinationEnvironmentName: z.string().nullish() })
    .nullish(),
})
export type Operation = z.output<typeof operation>

/** The list of them. */
export const operations = z.object({ value: z.array(operation) })

const ENDED = new Set(['succeeded', 'failed', 'canceled', 'cancelled', 'skipped'])

/** Has it come to an end? A status that is not known counts as still going on: asking again is harmless. */
export const hasEnded = ({ status }: Operation): boolean => ENDED.has(status.toLowerCase())

/** Is it a copy to this environment? The API compares names without case. */
export const copiesTo = (environment: string) => (each: Operation) =>
  each.type.toLowerCase() === 'copy' && same(each.parameters?.destinationEnvironmentName, environment)

/** Is it from this environment? */
export const copiesFrom = (environment: string) => (each: Operation) => same(each.parameters?.sourceEnvironmentName, environment)

/** When it was asked for; before everything else if that cannot be read. */
export const createdAt = ({ createdOn }: Operation): Instant => parseInstant(createdOn) ?? 0

const same = (a: string | null | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase()
