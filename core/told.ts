import { excerpt } from './excerpt.ts'
import { LIMITS } from './limits.ts'
import { pointer } from './reading/read.ts'
import type { Json } from './row/json.ts'
import { messageOf, partOf } from './thrown.ts'

/** The message and the fields of a log line, as JSON. */
export type ToldLine = { readonly message: string; readonly fields: Readonly<Record<string, Json>> }

/** Names of a line's own fields, here and in Powertools (source: `ReservedKeys` of its logger). */
const RESERVED: ReadonlySet<string> = new Set(['level', 'message', 'sampling_rate', 'service', 'time', 'timestamp'])

/**
 * A log line of any values, as JSON within bounds: every world writes the same line for the same call, and no value makes the
 * call fail. What is cut or cannot be read is marked in its place, and listed in the field `marked`. A field with a reserved
 * name gets an underscore behind it. An empty field is left out, because Powertools leaves it out.
 *
 * @example
 * toldLine('got', { res }) // of a circular res: { message: 'got', fields: { res: { self: '[circular]' }, marked: ['/res/self: circular'] } }
 */
export const toldLine = (message: unknown, given: unknown = {}): ToldLine => {
  try {
    return tellLine(message, given)
  } catch (error) {
    // A proxy can refuse every look at it.
    return { message: messageOf(message), fields: { marked: [`/: ${messageOf(error)}`] } }
  }
}

const tellLine = (message: unknown, given: unknown): ToldLine => {
  const telling: Telling = { ancestors: [], marks: [], leftCount: LIMITS.toldLineCount }
  const fields: Record<string, Json> = {}
  const raw = { ...fieldsOf(given), ...(isError(message) ? { error: message } : {}) }
  for (const [name, value] of Object.entries(raw)) {
    const json = tell(value, [name], telling)
    if (json === undefined || json === null || json === '') continue
    Object.defineProperty(fields, RESERVED.has(name) ? `${name}_` : name, { value: json, enumerable: true })
  }
  const { marks } = telling
  return {
    message: typeof message === 'string' ? excerpt(message, LIMITS.toldTextCount) : messageOf(message),
    fields: marks.length > 0 ? { ...fields, marked: marks.slice(0, SHOWN_MARKS) } : fields,
  }
}

const SHOWN_MARKS = 5

/** The fields of a call. A call in JavaScript can pass any value in their place. */
const fieldsOf = (given: unknown): Readonly<Record<string, unknown>> => {
  if (isError(given)) return { error: given }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return { value: given }
  return Object.fromEntries(namesOf(given).map((name) => [name, readIn(given, name)]))
}

type Path = readonly PropertyKey[]
type Telling = { readonly ancestors: object[]; readonly marks: string[]; leftCount: number }

/** A property whose getter throws. */
const UNREADABLE = Symbol('unreadable')

const readIn = (value: object, name: string): unknown => {
  try {
    return (value as Readonly<Record<string, unknown>>)[name]
  } catch (error) {
    return { [UNREADABLE]: messageOf(error) }
  }
}

const namesOf = (value: object): readonly string[] => {
  try {
    return Object.keys(value)
  } catch {
    return []
  }
}

const mark = (what: string, path: Path, { marks }: Telling, more = ''): string => {
  marks.push(`${pointer(path)}: ${what}`)
  return `[${what}${more}]`
}

const tell = (value: unknown, path: Path, telling: Telling): Json | undefined => {
  if (telling.leftCount <= 0) return mark('cut', path, telling)
  telling.leftCount -= String(path.at(-1)).length
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value || 0 : String(value)
    case 'boolean':
    case 'undefined':
      return value
    case 'object':
      return value === null ? null : tellObject(value, path, telling)
    case 'function':
      return `[function${typeof value.name === 'string' && value.name !== '' ? ` ${value.name}` : ''}]`
    default:
      return tellText(String(value), path, telling)
  }
}

const tellText = (text: string, path: Path, telling: Telling): string => {
  const count = Math.min(LIMITS.toldTextCount, Math.max(0, telling.leftCount))
  telling.leftCount -= Math.min(text.length, count)
  // With its mark the text is as long as it may be, so a line that is told again stays as it is.
  return text.length <= count ? text : `${excerpt(text, Math.max(0, count - CUT.length))}${mark('cut', path, telling)}`
}

const CUT = '[cut]'

const tellObject = (value: object, path: Path, telling: Telling): Json | undefined => {
  const { ancestors } = telling
  if (ancestors.includes(value)) return mark('circular', path, telling)
  if (ancestors.length >= LIMITS.toldDepthCount) return mark('nested too deeply', path, telling)
  ancestors.push(value)
  try {
    return tellContent(value, path, telling)
  } catch (error) {
    return mark('cannot be read', path, telling, `: ${excerpt(messageOf(error), LIMITS.reasonCount)}`)
  } finally {
    ancestors.pop()
  }
}

const tellContent = (value: object, path: Path, telling: Telling): Json | undefined => {
  if (UNREADABLE in value)
    return mark('cannot be read', path, telling, `: ${excerpt(String(value[UNREADABLE]), LIMITS.reasonCount)}`)
  if (ArrayBuffer.isView(value)) return `[${tagOf(value)} of ${value.byteLength} bytes]`
  const { toJSON } = value as { readonly toJSON?: unknown }
  if (value instanceof Date && Number.isNaN(value.getTime())) return 'Invalid Date'
  if (typeof toJSON === 'function') return tell(Reflect.apply(toJSON, value, [String(path.at(-1))]), path, telling)
  if (isError(value)) return tellEntries(errorEntries(value), path, telling)
  if (value instanceof Map)
    return tellEntries(
      [...value].map(([key, item]) => [messageOf(key), item]),
      path,
      telling,
    )
  if (value instanceof Set) return tellItems([...value], path, telling)
  if (Array.isArray(value)) return tellItems(value, path, telling)
  const names = namesOf(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  if (names.length === 0 && !isPlain) return `[${value.constructor?.name || tagOf(value)}]`
  return tellEntries(
    names.map((name) => [name, readIn(value, name)]),
    path,
    telling,
  )
}

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice('[object '.length, -1)

const isError = (value: unknown): value is Error =>
  typeof value === 'object' && value !== null && (value instanceof Error || tagOf(value) === 'Error')

/** JSON shows none of these properties of an error. */
const errorEntries = (error: Error): readonly Entry[] => {
  const own = namesOf(error).map((name): Entry => [name, readIn(error, name)])
  const shown = (['name', 'message', 'stack', 'cause', 'errors'] as const).map((name): Entry => [name, partOf(error, name)])
  return [...shown.filter(([, value]) => value !== undefined), ...own.filter(([name]) => !shown.some(([it]) => it === name))]
}

type Entry = readonly [string, unknown]

const tellEntries = (entries: readonly Entry[], path: Path, telling: Telling): Json => {
  const told: Record<string, Json> = {}
  for (const [name, value] of withinBound(entries)) {
    const json = tell(value, [...path, name], telling)
    if (json !== undefined) Object.defineProperty(told, name, { value: json, enumerable: true, configurable: true })
  }
  return isSurplus(entries) ? { ...told, '…': surplusOf(entries, path, telling) } : told
}

const tellItems = (items: readonly unknown[], path: Path, telling: Telling): Json => {
  const told = Array.from(withinBound(items), (item, index) => tell(item, [...path, index], telling) ?? null)
  return isSurplus(items) ? [...told, surplusOf(items, path, telling)] : told
}

const isSurplus = (items: readonly unknown[]): boolean => items.length > LIMITS.toldItemsCount

/** The shown part of a collection. The last place of a longer one is for its mark. */
const withinBound = <Item>(items: readonly Item[]): readonly Item[] =>
  isSurplus(items) ? items.slice(0, LIMITS.toldItemsCount - 1) : items

const surplusOf = (items: readonly unknown[], path: Path, telling: Telling): string =>
  mark('cut', path, telling, `: ${items.length - LIMITS.toldItemsCount + 1} more`)
