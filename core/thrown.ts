/**
 * A part of something thrown. That may be anything, also what throws when it is looked at: then that part says nothing.
 *
 * @example partOf(new Error('broke'), 'message') // "broke"
 */
export const partOf = (thrown: unknown, name: Part): unknown => attempted(() => (thrown as Parts | null | undefined)?.[name])

type Part = 'name' | 'message' | 'code' | 'retriable' | 'stack' | 'cause' | 'errors' | 'constructor'
type Parts = Readonly<Partial<Record<Part, unknown>>>

/**
 * What something thrown says: an error its message, anything else what it shows of itself.
 *
 * @example messageOf({ status: 3 }) // '{"status":3}'
 */
export const messageOf = (thrown: unknown): string => {
  const message = partOf(thrown, 'message')
  if (typeof message !== 'string') return shown(thrown)
  // A failed dial to several addresses has no words of its own.
  const errors = message === '' ? partOf(thrown, 'errors') : undefined
  return Array.isArray(errors) ? errors.slice(0, SHOWN_ERRORS).map(singleMessage).join('; ') : message
}

/** Nobody reads more. */
const SHOWN_ERRORS = 4

const singleMessage = (one: unknown): string => {
  const message = partOf(one, 'message')
  return typeof message === 'string' ? message : shown(one)
}

/**
 * What something thrown goes by: what it calls itself, and its class.
 *
 * @example namesOf(new TypeError('no')) // ['TypeError', 'TypeError']
 */
export const namesOf = (thrown: unknown): readonly [string, ...string[]] => {
  if (typeof thrown !== 'object') return ['Error']
  const all = [partOf(thrown, 'name'), partOf(partOf(thrown, 'constructor'), 'name')]
  const [first, ...others] = all.filter((name) => typeof name === 'string').filter((name) => name !== '' && name !== 'Object')
  return first === undefined ? ['Error'] : [first, ...others]
}

const shown = (thrown: unknown): string =>
  (typeof thrown === 'object' ? attempted(() => JSON.stringify(thrown)) : undefined) ??
  attempted(() => String(thrown)) ??
  'what was thrown cannot be shown'

const attempted = <Value>(look: () => Value): Value | undefined => {
  try {
    return look()
  } catch {
    return undefined
  }
}
