/**
 * A property of a thrown value. A thrown value can be anything, even an object whose getters throw: then the property is
 * undefined.
 *
 * @example partOf(new Error('broke'), 'message') // "broke"
 */
export const partOf = (thrown: unknown, name: Part): unknown => attempted(() => (thrown as Parts | null | undefined)?.[name])

type Part = 'name' | 'message' | 'code' | 'retriable' | 'stack' | 'cause' | 'errors' | 'constructor'
type Parts = Readonly<Partial<Record<Part, unknown>>>

/**
 * The message of a thrown value: an error's message, otherwise the value as text.
 *
 * @example messageOf({ status: 3 }) // '{"status":3}'
 */
export const messageOf = (thrown: unknown): string => {
  const message = partOf(thrown, 'message')
  if (typeof message !== 'string') return textOf(thrown)
  // Node throws an AggregateError without message when the connection to several addresses fails.
  const errors = message === '' ? partOf(thrown, 'errors') : undefined
  return Array.isArray(errors) ? errors.slice(0, SHOWN_ERRORS).map(singleMessage).join('; ') : message
}

/** The number of messages of an AggregateError in one text. */
const SHOWN_ERRORS = 4

const singleMessage = (one: unknown): string => {
  const message = partOf(one, 'message')
  return typeof message === 'string' ? message : textOf(one)
}

/**
 * The names of a thrown value: its `name` and its class; `Error` when it has neither.
 *
 * @example namesOf(new TypeError('no')) // ['TypeError', 'TypeError']
 */
export const namesOf = (thrown: unknown): readonly [string, ...string[]] => {
  if (typeof thrown !== 'object') return ['Error']
  const all = [partOf(thrown, 'name'), partOf(partOf(thrown, 'constructor'), 'name')]
  const [first, ...others] = all.filter((name) => typeof name === 'string').filter((name) => name !== '' && name !== 'Object')
  return first === undefined ? ['Error'] : [first, ...others]
}

const textOf = (thrown: unknown): string =>
  (typeof thrown === 'object' ? attempted(() => JSON.stringify(thrown)) : undefined) ??
  attempted(() => String(thrown)) ??
  'the thrown value cannot be shown as text'

const attempted = <Value>(look: () => Value): Value | undefined => {
  try {
    return look()
  } catch {
    return undefined
  }
}
