import { pointer } from './reading/read.ts'
import type { Json } from './row/json.ts'
import { messageOf } from './thrown.ts'

/** A value as JSON, or what JSON cannot carry and where. A value of `undefined` has no JSON. */
export type JsonAnswer = { readonly json: Json | undefined } | { readonly fault: string }

/**
 * Copies a value as `JSON.stringify` would write it. It refuses every value that JSON would change or lose without a word; the
 * table in `docs/handlers.md` lists them.
 *
 * @example jsonAnswer({ rates: [1, Number.NaN] }) // { fault: 'NaN at /rates/1' }
 */
export const jsonAnswer = (value: unknown): JsonAnswer => {
  const reading: Reading = { ancestors: [], fault: undefined }
  try {
    const json = copy(value, [], reading)
    return reading.fault === undefined ? { json } : { fault: reading.fault }
  } catch (error) {
    // The stack of the process bounds the depth of a value.
    return { fault: `a value that cannot be read (${messageOf(error)})` }
  }
}

type Path = readonly PropertyKey[]
type Reading = { readonly ancestors: object[]; fault: string | undefined }

const refuse = (what: string, path: Path, reading: Reading): undefined => {
  reading.fault ??= path.length === 0 ? what : `${what} at ${pointer(path)}`
  return undefined
}

const copy = (given: unknown, path: Path, reading: Reading): Json | undefined => {
  if (reading.fault !== undefined) return undefined
  const value = throughToJson(given, path, reading)
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      // JSON has no negative zero.
      return Number.isFinite(value) ? value || 0 : refuse(String(value), path, reading)
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? null : copyObject(value, path, reading)
    default:
      return refuse(`a ${typeof value}`, path, reading)
  }
}

const throughToJson = (value: unknown, path: Path, reading: Reading): unknown => {
  if ((typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'bigint') || value === null) return value
  try {
    // An invalid date writes itself as null.
    if (tagOf(value) === 'Date' && Number.isNaN(Number(value))) return refuse('an invalid Date', path, reading)
    const { toJSON } = value as { readonly toJSON?: unknown }
    return typeof toJSON === 'function' ? Reflect.apply(toJSON, value, [String(path.at(-1) ?? '')]) : value
  } catch (error) {
    return refuse(`an object whose toJSON fails (${messageOf(error)})`, path, reading)
  }
}

const copyObject = (value: object, path: Path, reading: Reading): Json | undefined => {
  if (reading.ancestors.includes(value)) return refuse('a circle', path, reading)
  const boxed = unboxed(value)
  if (boxed !== value) return copy(boxed, path, reading)
  const lost = lossOf(value)
  if (lost !== undefined) return refuse(lost, path, reading)
  reading.ancestors.push(value)
  const json = Array.isArray(value) ? copyArray(value, path, reading) : copyProperties(value, path, reading)
  reading.ancestors.pop()
  return json
}

const copyArray = (values: readonly unknown[], path: Path, reading: Reading): Json =>
  // `Array.from` visits the holes of a sparse array too.
  Array.from(values, (value, index) => {
    const at = [...path, index]
    const json = copy(value, at, reading)
    return json === undefined ? (refuse(index in values ? 'undefined' : 'a hole', at, reading) ?? null) : json
  })

const copyProperties = (value: object, path: Path, reading: Reading): Json => {
  const entries: (readonly [string, Json])[] = []
  for (const name of Object.keys(value)) {
    const at = [...path, name]
    const json = copy(propertyOf(value, name, at, reading), at, reading)
    if (json !== undefined) entries.push([name, json])
  }
  return Object.fromEntries(entries)
}

const propertyOf = (value: object, name: string, path: Path, reading: Reading): unknown => {
  try {
    return (value as Readonly<Record<string, unknown>>)[name]
  } catch (error) {
    return refuse(`a property that cannot be read (${messageOf(error)})`, path, reading)
  }
}

/** JSON writes the objects of `new Number(…)`, `new String(…)` and `new Boolean(…)` as their values. */
const unboxed = (value: object): unknown =>
  value instanceof Number || value instanceof String || value instanceof Boolean ? value.valueOf() : value

/** What JSON would lose of an object; undefined when it keeps all of it. */
const lossOf = (value: object): string | undefined => {
  if (Array.isArray(value)) return undefined
  const tag = tagOf(value)
  if (LOST.has(tag) || ArrayBuffer.isView(value)) return `a ${tag}`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || Object.getPrototypeOf(prototype) === null || Object.keys(value).length > 0) return undefined
  return `an object of class ${nameOf(value)} without properties of its own`
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice('[object '.length, -1)

/** Objects whose content is not in their properties. */
const LOST: ReadonlySet<string> = new Set([
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Promise', 'Error', 'RegExp', 'ArrayBuffer', 'SharedArrayBuffer'],
  ...['Generator', 'AsyncGenerator', 'Map Iterator', 'Set Iterator', 'Array Iterator'],
])

const nameOf = (value: object): string => (typeof value.constructor === 'function' && value.constructor.name) || 'unknown'
