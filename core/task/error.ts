import type { TaskError } from './row.ts'

/** An error as wires show it: one that was thrown without a word is kept so, and said to be so. */
export const shownError = ({ code, message, retriable }: TaskError): Omit<TaskError, 'provenance'> => ({
  code,
  message: message === '' ? '(no message)' : message,
  retriable,
})

/** An error in words, for a reason. @example wordsOf({ code: 'Busy', message: 'try later', retriable: true }) // "Busy: try later" */
export const wordsOf = (error: TaskError): string => `${error.code}: ${shownError(error).message}`

/** An error in words, and first why it was final, in words without a semicolon or a colon and a space. */
export const finalWords = (why: string, error: TaskError): string => `${why}; ${wordsOf(error)}`

/** Reads an error that `wordsOf` or `finalWords` has written; of a long message, what there is. */
export const readWords = (words: string): Pick<TaskError, 'code' | 'message'> => {
  const [head = '', ...message] = words.split(': ')
  return { code: head.slice(head.lastIndexOf('; ') + 1).trim(), message: message.join(': ') }
}

/** Codes of the errors of tasks that ended because what was to wake them died, and not because of what they did. */
export const DEAD_CODES = ['DeadLettered', 'UnknownLane', 'UnreadableMessage'] as const

/** Did it die on its way? @example isDead('DeadLettered') // true */
export const isDead = (errorCode: string): boolean => (DEAD_CODES as readonly string[]).includes(errorCode)
