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
 * The message of a thrown value: an error's message, with those of its parts if it has several; otherwise the value as text.
 *
 * @example messageOf({ status: 3 }) // '{"status":3}'
 * @example messageOf(new AggregateError([new Error('a'), new Error('b')], 'both failed')) // 'both failed: a; b'
 */
export const messageOf = (thrown: unknown): string => {
  const own = ownMessageOf(thrown)
  // Node throws an AggregateError without message when the connection to several addresses fails.
  const errors = partOf(thrown, 'errors')
  const parts = Array.isArray(errors) && errors.length > 0 && isText(partOf(thrown, 'message')) ? partsOf(errors) : ''
  return own === '' || parts === '' ? `${own}${parts}` : `${own}: ${parts}`
}

const isText = (message: unknown): boolean => typeof message === 'string'

/** The number of messages of an AggregateError in one text. */
const SHOWN_ERRORS = 4

const partsOf = (errors: readonly unknown[]): string => {
  const surplusCount = errors.length - SHOWN_ERRORS
  const shown = errors.slice(0, SHOWN_ERRORS).map(ownMessageOf)
  return [...shown, ...(surplusCount > 0 ? [`and ${surplusCount} more`] : [])].join('; ')
}

/** The message without those of the parts. A message in JavaScript can be any value, and reading it can fail. */
const ownMessageOf = (thrown: unknown): string => {
  const read = attempted(() => ({ message: (thrown as Parts | null)?.message }))
  if (read === undefined) return 'the message of the thrown value cannot be read'
  const message = read?.message
  if (typeof message === 'string') return message
  return message === undefined || message === null ? textOf(thrown) : textOf(message)
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

const textOf = (thrown: unknown): string => {
  const json = typeof thrown === 'object' ? attempted(() => JSON.stringify(thrown)) : undefined
  // JSON shows nothing of a Map, or of an error without a message.
  const isShown = json !== undefined && (json !== '{}' || isPlain(thrown))
  return (isShown ? json : attempted(() => String(thrown))) ?? 'the thrown value cannot be shown as text'
}

const isPlain = (value: unknown): boolean => {
  const prototype = attempted(() => Object.getPrototypeOf(value) as unknown)
  return prototype === null || prototype === Object.prototype
}

const attempted = <Value>(look: () => Value): Value | undefined => {
  try {
    return look()
  } catch {
    return undefined
  }
}
