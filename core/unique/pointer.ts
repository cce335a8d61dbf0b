import { LIMITS } from '../limits.ts'
import type { Json } from '../row/json.ts'

/** What a path into an input must look like, for error messages. */
export const PATH_FORM = `a JSON pointer into the input such as "/customer/id", of at most ${LIMITS.uniquePathCount} characters`

/**
 * The names that a JSON pointer is made of; undefined when it is none, or points at the whole. Source: RFC 6901.
 *
 * @example pathOf('/a~1b/0') // ['a/b', '0']
 */
export const pathOf = (pointer: string): readonly string[] | undefined => {
  if (!pointer.startsWith('/') || pointer.length > LIMITS.uniquePathCount || /~(?![01])/.test(pointer)) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The part of a value that a path leads to; undefined when there is none. Only what the value itself has counts. */
export const partAt = (value: Json, path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((part, name) => {
    if (Array.isArray(part)) return INDEX.test(name) ? part[Number(name)] : undefined
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name)) return undefined
    return (part as Readonly<Record<string, Json | undefined>>)[name]
  }, value)

/** An index has no leading zeros; and a list has a `length`, but that is none of its entries. */
const INDEX = /^(0|[1-9]\d*)$/
