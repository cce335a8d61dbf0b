import { isOutcome, type Outcome } from '../../core/define.ts'
import type { DurationMs } from '../../core/duration.ts'
import { excerpt } from '../../core/excerpt.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Json } from '../../core/row/json.ts'
import type { Result } from '../../core/task/outcome.ts'
import { messageOf, namesOf, partOf } from '../../core/thrown.ts'

/** What a handler's answer comes to before its output has found its place. */
export type Answered = Exclude<Result, { came: 'succeeded' }> | { readonly came: 'succeeded'; readonly json?: Json }

/** Reads a handler's answer: one of the closed vocabulary, or a plain value that is JSON. Anything else is loud. */
export const resultOf = (value: unknown): Answered => {
  if (isOutcome(value)) return fromVocabulary(value)
  if (value === undefined) return { came: 'succeeded' }
  const json = asJson(value)
  if (json !== undefined) return { came: 'succeeded', json }
  return notAnAnswer(describe(value))
}

const ALLOWED = 'JSON, retryLater(…), giveUp(…), snooze(…), conflict(…) or wait(…)'
const notAnAnswer = (what: string): FailedResult =>
  failure('NotAnAnswer', `the handler returned ${what}; it may return ${ALLOWED}`, false)

const fromVocabulary = (answer: Outcome): Answered => {
  const said = wordsIn(answer.reason)
  const reason = said === '' ? {} : { reason: said }
  switch (answer.outcome) {
    case 'retryLater':
      return (
        delayFault(answer.delayMs) ?? {
          ...failure('RetryLater', said, true),
          ...(answer.delayMs === undefined ? {} : { delayMs: whole(answer.delayMs) }),
        }
      )
    case 'giveUp':
      return failure(wordsIn(answer.code ?? 'GaveUp'), said, false)
    case 'snooze':
      return delayFault(answer.delayMs) ?? { came: 'snoozed', delayMs: whole(answer.delayMs), ...reason }
    case 'conflict':
      return { came: 'conflicted', error: { code: 'Conflict', message: bounded(said), retriable: false } }
    case 'wait': {
      const { forMs } = answer
      return delayFault(forMs) ?? { came: 'waiting', ...(forMs === undefined ? {} : { forMs: whole(forMs) }), ...reason }
    }
    default:
      // Of another version of this library, whose answers carry the same mark.
      return notAnAnswer('an answer that this executor does not know')
  }
}

/** Handlers need not be written in TypeScript: what they were to say in words is often the error that they have caught. */
const wordsIn = (reason: unknown): string => (reason === undefined ? '' : typeof reason === 'string' ? reason : messageOf(reason))

/** Delays come from handlers' arithmetic; a NaN or a century would otherwise be a task that never wakes. */
const delayFault = (ms: number | undefined): FailedResult | undefined =>
  ms === undefined || (ms >= 0 && ms <= LIMITS.horizonMs)
    ? undefined
    : failure('BadDelay', `the handler answered with a delay of ${ms} ms; it must be 0 to ${LIMITS.horizonMs}`, false)

/** Instants are whole milliseconds; jitter seldom is. Rounded up, so that nothing comes early. */
const whole = Math.ceil

const codeOf = (code: string): string => excerpt(code, LIMITS.errorCodeCount)

/** A value as it will be read back; undefined when JSON has no word for it. */
const asJson = (value: unknown): Json | undefined => {
  try {
    const text = JSON.stringify(value)
    return text === undefined ? undefined : (JSON.parse(text) as Json)
  } catch {
    return undefined
  }
}

const describe = (value: unknown): string => (typeof value === 'object' ? 'an object that is not JSON' : `a ${typeof value}`)

type FailedResult = Extract<Result, { came: 'failed' }>

/** A failed attempt. */
export const failure = (code: string, message: string, retriable: boolean): FailedResult => ({
  came: 'failed',
  error: { code: codeOf(code), message: bounded(message), retriable },
})

/** An attempt that took too long. Whether it is tried again, a policy's list of retriable errors may say, as of any error. */
export const timedOut = (timeoutMs: DurationMs): FailedResult => ({
  ...failure('Timeout', `the attempt took longer than its ${timeoutMs} ms`, true),
  thrown: { names: ['Timeout'] },
})

/**
 * What was thrown, as a failed attempt. An error that says by itself whether a repeat may help is believed; what says nothing
 * of that counts as worth another attempt, and comes with what a policy's list of retriable errors may know it by.
 */
export const failedBy = (thrown: unknown): FailedResult => {
  const [names, message, code, retriable] = [namesOf(thrown), messageOf(thrown), codeIn(thrown), partOf(thrown, 'retriable')]
  const isDecided = typeof retriable === 'boolean'
  // As Business Central's `Error('')`: an error without a word ends the task, and there is nothing to be tried again.
  if (message === '' && names.every((name) => name === 'Error') && code === undefined && !isDecided)
    return failure('Empty', '', false)
  const failed = failure(typeof code === 'string' ? code : names[0], message, isDecided ? retriable : true)
  return isDecided ? failed : { ...failed, thrown: { names, ...(code === undefined ? {} : { code: String(code) }) } }
}

const codeIn = (thrown: unknown): string | number | undefined => {
  const code = partOf(thrown, 'code')
  return (typeof code === 'string' && code !== '') || typeof code === 'number' ? code : undefined
}

const bounded = (text: string): string =>
  text.length <= LIMITS.errorMessageCount ? text : `${excerpt(text, LIMITS.errorMessageCount - 1)}…`

/**
 * The stack of something thrown, with those of its causes, as it is kept: without the frames of Node itself, which say
 * nothing of the handler, and within its bound. Undefined when it has none.
 */
export const stackOf = (thrown: unknown): string | undefined => {
  const lines = stacksIn(thrown)
    .map((stack, index) => (index === 0 ? stack : `caused by ${stack}`))
    .flatMap((stack) => stack.split('\n').filter((line) => !isRuntime(line)))
  const text = boundedStack(lines.join('\n'))
  return text === '' ? undefined : text
}

/** Causes may go in a circle; nobody reads more than a few. */
const CAUSES = 4

const stacksIn = (thrown: unknown): readonly string[] => {
  const stacks: string[] = []
  for (let each = thrown; stacks.length < CAUSES; each = partOf(each, 'cause')) {
    const stack = partOf(each, 'stack')
    if (typeof stack !== 'string' || stack === '') break
    stacks.push(stack)
  }
  return stacks
}

const isRuntime = (line: string): boolean => /^\s+at .*\(?node:/.test(line)

const boundedStack = (text: string): string => {
  const bytes = Buffer.from(text)
  if (bytes.length <= LIMITS.stackBytes) return text
  // What is cut in the middle of a character is no character.
  return `${bytes
    .subarray(0, LIMITS.stackBytes - 3)
    .toString()
    .replace(/\uFFFD$/, '')}…`
}
