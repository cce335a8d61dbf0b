import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** An entry of a list of retriable errors; without a code it stands for every code. */
export type RetriableError = { readonly name: string; readonly code?: string }

/** What an error says of itself where its handler does not say whether a repeat may help: what it is called, and its code. */
export type ThrownError = { readonly names: readonly string[]; readonly code?: string }

/** What a list must look like, for error messages. */
export const LIST_FORM = '"Exception1;Exception2:ErrorCode2", names with or without a code behind a colon'

/**
 * Reads a list as Business Central's Task Scheduler takes it: names of exceptions with semicolons between them, and behind
 * a colon the one code that is meant. An empty text is an empty list, of which no error is.
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
    return no(`has ${list.length} entries, and at most ${LIMITS.retriableErrorsCount} are taken`)
  return list
}

/** Writes a list the way `readRetriable` reads it. */
export const writeRetriable = (list: readonly RetriableError[]): string => list.map(writeEntry).join(';')

/** Is an error on the list? By any name that it goes by, and by its code where the list names one. */
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
