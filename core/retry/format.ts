import { defined } from '../defined.ts'
import { DURATION_FORM, type DurationMs, formatDuration, parseDuration } from '../duration.ts'
import { LIMITS } from '../limits.ts'
import { suggest } from '../reading/suggest.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { RetryBounds, RetryPolicy } from './policy.ts'
import { readRetriable, writeRetriable } from './retriable-errors.ts'

/**
 * A retry policy in its written form: the policy's own fields, and the fields of every policy. Absent fields have the values of
 * `DEFAULT_RETRY`; `job-queue` defaults to three runs and no delay of its own.
 *
 * @example { policy: 'exponential', wait: '10s', attempts: 5 }
 */
export type RetryInput = {
  /** `none`, `fixed`, `exponential`, `waits`, `job-queue`, or a table of Business Central. */
  readonly policy: RetryPolicy['policy']
  /** fixed, exponential: the wait before the second attempt. job-queue: the rerun delay. @default '5s', for job-queue '0s' */
  readonly wait?: string | undefined
  /** exponential: the longest wait. @default '10m' */
  readonly maxWait?: string | undefined
  /** waits: the wait before each further attempt; the last one repeats. @example ['10s', '1m', '5m'] */
  readonly waits?: readonly string[] | undefined
  /** fixed, exponential, waits: the maximum number of attempts, with the first. @default 3, for waits one more than the list */
  readonly attempts?: number | undefined
  /** job-queue: how often a failed run is repeated. @default 2 */
  readonly reruns?: number | undefined
  /** No attempt starts later than this after the task's time, or after its redrive. @example '1d' */
  readonly maxAge?: string | undefined
  /** The fraction of each wait removed at random, 0 to 1. @default 0.2 for exponential, 0 for the others */
  readonly jitter?: number | undefined
  /** How many workers the task may lose before it fails. @default LIMITS.lossesCount */
  readonly losses?: number | undefined
  /** The errors that are retried, unless the handler decides. @default all @example 'Busy;Lost:Gone' */
  readonly retriable?: string | undefined
}

type Field = Exclude<keyof RetryInput, 'policy'>

/** The own fields of each policy. */
const POLICY_FIELDS: Readonly<Record<RetryPolicy['policy'], readonly Field[]>> = {
  none: [],
  fixed: ['wait', 'attempts'],
  exponential: ['wait', 'maxWait', 'attempts'],
  waits: ['waits', 'attempts'],
  'job-queue': ['wait', 'reruns'],
  'business-central-online': [],
  'business-central-on-premises': [],
}
const COMMON_FIELDS: readonly Field[] = ['maxAge', 'jitter', 'losses', 'retriable']

/** The names of the policies. */
export const RETRY_POLICIES = Object.keys(POLICY_FIELDS) as readonly RetryPolicy['policy'][]

/**
 * Reads a policy from its written form. The `path` of a refusal is relative to the policy.
 *
 * @example readRetry({ policy: 'fixed', wait: '1m', attempts: 5 }) // { policy: 'fixed', waitMs: 60000, attempts: 5 }
 */
export const readRetry = (written: RetryInput): RetryPolicy | Refusal => {
  const refusal = unknownPolicy(written) ?? unexpectedField(written)
  if (refusal) return refusal
  const plan = readPlan(written)
  if (isRefusal(plan)) return plan
  const bounds = readBounds(written)
  return isRefusal(bounds) ? bounds : { ...plan, ...bounds }
}

const unknownPolicy = ({ policy }: RetryInput): Refusal | undefined => {
  if (Object.hasOwn(POLICY_FIELDS, policy)) return undefined
  const [suggestion] = suggest(String(policy), RETRY_POLICIES)
  const known = `it must be one of ${RETRY_POLICIES.join(', ')}`
  return refuse('invalid', `policy is ${JSON.stringify(policy)}; ${suggestion ? `did you mean "${suggestion}"? ` : ''}${known}`, {
    path: '/policy',
  })
}

/** A field of another policy is refused, not ignored: an author who writes `attempts: 5` with `none` expects five attempts. */
const unexpectedField = (written: RetryInput): Refusal | undefined => {
  const allowed = [...POLICY_FIELDS[written.policy], ...COMMON_FIELDS]
  const unexpected = Object.entries(written).find(([name, it]) => it !== undefined && ![...allowed, 'policy'].includes(name))?.[0]
  if (unexpected === undefined) return undefined
  const policiesWithField = RETRY_POLICIES.filter((policy) => (POLICY_FIELDS[policy] as readonly string[]).includes(unexpected))
  const why =
    policiesWithField.length > 0
      ? `${unexpected} is a field of policy ${policiesWithField.map((name) => `"${name}"`).join(', ')} only, not with "${written.policy}"`
      : `${unexpected} is not a field of a retry policy${suggest(unexpected, allowed).map((name) => `; did you mean ${name}?`)[0] ?? ''}`
  return refuse('invalid', `${why}. Fields of "${written.policy}" are ${allowed.join(', ')}`, { path: `/${unexpected}` })
}

const readPlan = (written: RetryInput): RetryPolicy | Refusal => {
  const { policy } = written
  switch (policy) {
    case 'fixed':
    case 'exponential':
      return readTimed(written, policy)
    case 'waits':
      return readWaits(written)
    case 'job-queue':
      return readJobQueue(written)
    default:
      return { policy }
  }
}

const readTimed = (
  { wait = '5s', maxWait, attempts = 3 }: RetryInput,
  policy: 'fixed' | 'exponential',
): RetryPolicy | Refusal => {
  const no = badCount('attempts', attempts, 1, LIMITS.attemptsCount)
  if (no) return no
  const waitMs = readWait('wait', wait)
  if (isRefusal(waitMs)) return waitMs
  if (policy === 'fixed') return { policy, waitMs, attempts }
  const maxWaitMs = readWait('maxWait', maxWait ?? formatDuration(Math.max(waitMs, 600_000)))
  if (isRefusal(maxWaitMs)) return maxWaitMs
  if (maxWaitMs < waitMs)
    return refuse('invalid', `maxWait ${maxWait} is shorter than wait ${wait}; it must be at least as long`, { path: '/maxWait' })
  return { policy, waitMs, maxWaitMs, attempts }
}

const readWaits = ({ waits = [], attempts = waits.length + 1 }: RetryInput): RetryPolicy | Refusal => {
  const most = LIMITS.attemptsCount - 1
  if (waits.length < 1 || waits.length > most)
    return refuse('invalid', `waits has ${waits.length} entries; it must have 1 to ${most}, such as ["10s", "1m", "5m"]`, {
      path: '/waits',
    })
  const no = badCount('attempts', attempts, 1, LIMITS.attemptsCount)
  if (no) return no
  const waitsMs: DurationMs[] = []
  for (const [index, wait] of waits.entries()) {
    const waitMs = readWait(`waits/${index}`, wait)
    if (isRefusal(waitMs)) return waitMs
    waitsMs.push(waitMs)
  }
  return { policy: 'waits', waitsMs, attempts }
}

const readJobQueue = ({ wait = '0s', reruns = 2 }: RetryInput): RetryPolicy | Refusal => {
  const no = badCount('reruns', reruns, 0, LIMITS.rerunsCount)
  if (no) return no
  const waitMs = readWait('wait', wait, LIMITS.rerunDelayMs)
  return isRefusal(waitMs) ? waitMs : { policy: 'job-queue', waitMs, reruns }
}

/**
 * Writes a policy in the form that `readRetry` reads.
 *
 * @example writeRetry({ policy: 'job-queue', waitMs: 60_000, reruns: 3 }) // { policy: 'job-queue', wait: '1m', reruns: 3 }
 */
export const writeRetry = (retry: RetryPolicy): WrittenRetry => ({ ...writePlan(retry), ...writeBounds(retry) })

/** `RetryInput` with a mutable copy of `waits`, which the type of an API answer requires. */
export type WrittenRetry = Omit<RetryInput, 'waits'> & { readonly waits?: string[] }

const writePlan = (retry: RetryPolicy): WrittenRetry => {
  const { policy } = retry
  switch (retry.policy) {
    case 'fixed':
      return { policy, wait: formatDuration(retry.waitMs), attempts: retry.attempts }
    case 'exponential':
      return { policy, wait: formatDuration(retry.waitMs), maxWait: formatDuration(retry.maxWaitMs), attempts: retry.attempts }
    case 'waits':
      return { policy, waits: retry.waitsMs.map(formatDuration), attempts: retry.attempts }
    case 'job-queue':
      return { policy, wait: formatDuration(retry.waitMs), reruns: retry.reruns }
    default:
      return { policy }
  }
}

type BoundsInput = Pick<RetryInput, 'maxAge' | 'jitter' | 'losses' | 'retriable'>

/** Reads the fields of every policy. An absent field stays absent. */
export const readBounds = ({ maxAge, jitter, losses, retriable }: BoundsInput): RetryBounds | Refusal => {
  const maxAgeMs = maxAge === undefined ? undefined : readWait('maxAge', maxAge, LIMITS.horizonMs)
  if (isRefusal(maxAgeMs)) return maxAgeMs
  if (maxAgeMs === 0)
    return refuse('invalid', `maxAge is ${maxAge}; it must be above zero, otherwise not even the first attempt could start`, {
      path: '/maxAge',
    })
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1))
    return refuse('invalid', `jitter is ${jitter}; it must be the fraction of a wait removed at random, 0 to 1`, {
      path: '/jitter',
    })
  const no = losses === undefined ? undefined : badCount('losses', losses, 0, LIMITS.lossesMostCount)
  if (no) return no
  const list = retriable === undefined ? undefined : readRetriable(retriable)
  if (isRefusal(list)) return list
  return {
    ...defined({ maxAgeMs }),
    // Rounded to thousandths: the numbers of a store can be less precise than those of JavaScript.
    ...(jitter === undefined ? {} : { jitter: Math.round(jitter * 1_000) / 1_000 }),
    ...defined({ losses }),
    ...defined({ retriable: list }),
  }
}

/** Writes these fields in the form that `readBounds` reads. */
export const writeBounds = ({ maxAgeMs, jitter, losses, retriable }: RetryBounds): BoundsInput => ({
  ...(maxAgeMs === undefined ? {} : { maxAge: formatDuration(maxAgeMs) }),
  ...defined({ jitter, losses }),
  ...(retriable ? { retriable: writeRetriable(retriable) } : {}),
})

/** A refusal for a count out of range; undefined when it is valid. */
export const badCount = (field: string, count: number, least: number, most: number): Refusal | undefined =>
  Number.isInteger(count) && count >= least && count <= most
    ? undefined
    : refuse('invalid', `${field} is ${count}; it must be a whole number from ${least} to ${most}`, { path: `/${field}` })

/** Reads a duration of a policy. */
export const readWait = (field: string, text: string, most: DurationMs = LIMITS.retryWaitMs): DurationMs | Refusal => {
  const ms = parseDuration(text)
  if (ms === undefined)
    return refuse('invalid', `${field} is ${JSON.stringify(text)}; it must be ${DURATION_FORM}`, { path: `/${field}` })
  return ms <= most
    ? ms
    : refuse('invalid', `${field} is ${text}; it must be at most ${formatDuration(most)}`, { path: `/${field}` })
}
