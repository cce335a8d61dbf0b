import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** An entry of a list of retriable errors. Without a code it matches every code. */
export type RetriableError = { readonly name: string; readonly code?: string }

/** The names and the code of a thrown error that has no `retriable` field. */
export type ThrownError = { readonly names: readonly string[]; readonly code?: string }

/** The form of a list, for error messages. */
export const LIST_FORM = '"Exception1;Exception2:ErrorCode2", names with an optional code after a colon'

/**
 * Reads a list in the format of Business Central's Task Scheduler: names of exceptions separated by semicolons, each with an
 * optional code after a colon. An empty text is an empty list, so no error is retried.
 *
 * @example readRetriable('Busy;Lost:Gone') // [{ name: 'Busy' }, { name: 'Lost', code: 'Gone' }]
 */
export const readRetriable = (text: string): readonly RetriableError[] | Refusal => {
  const entries = text.split(';').map((entry) => entry.trim())
  const list = entries.filter((entry) => entry !== '').map(readEntry)
  const wrong = list.find(({ name, code }) => !isName(name) || (code !== undefined && !isName(code)))
  const no = (why: string) => refuse('invalid', `retriable ${why}; it must be ${LIST_FORM}`, { path: '/retriable' })
  if (wrong)
    return no(`has the entry ${JSON.stringify(writeEntry(wrong))}, whose name or code is empty or longer than ${NAME_COUNT}`)
  if (list.length > LIMITS.retriableErrorsCount)
    return no(`has ${list.length} entries, and the maximum is ${LIMITS.retriableErrorsCount}`)
  return list
}

/** Writes a list in the format of `readRetriable`. */
export const writeRetriable = (list: readonly RetriableError[]): string => list.map(writeEntry).join(';')

/** Does an entry match the error? It matches by any of the error's names, and by the code when the entry has one. */
export const isListed = (list: readonly RetriableError[], { names, code }: ThrownError): boolean =>
  list.some((entry) => names.includes(entry.name) && (entry.code === undefined || entry.code === code))

const NAME_COUNT = LIMITS.retriableNameCount
const isName = (text: string): boolean => text.length > 0 && text.length <= NAME_COUNT

const readEntry = (entry: string): RetriableError => {
  const colon = entry.indexOf(':')
  if (colon < 0) return { name: entry }
  return { name: entry.slice(0, colon).trim(), code: entry.slice(colon + 1).trim() }
}

const writeEntry = ({ name, code }: RetriableError): string => (code === undefined ? name : `${name}:${code}`)
