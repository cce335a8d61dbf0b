import { DURATION_FORM, type DurationMs, formatDuration, parseDuration } from '../duration.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** What is wrong with a count; undefined when nothing is. */
export const badCount = (field: string, count: number, least: number, most: number): Refusal | undefined =>
  Number.isInteger(count) && count >= least && count <= most
    ? undefined
    : refuse('invalid', `${field} is ${count}; it must be a whole number from ${least} to ${most}`, { path: `/${field}` })

/** Reads a duration that a policy may hold. */
export const readWait = (field: string, text: string, most: DurationMs = LIMITS.retryWaitMs): DurationMs | Refusal => {
  const ms = parseDuration(text)
  if (ms === undefined)
    return refuse('invalid', `${field} is ${JSON.stringify(text)}; it must be ${DURATION_FORM}`, { path: `/${field}` })
  return ms <= most
    ? ms
    : refuse('invalid', `${field} is ${text}; it must be at most ${formatDuration(most)}`, { path: `/${field}` })
}
