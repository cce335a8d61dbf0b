import type { Json } from './row/json.ts'
import { messageOf } from './thrown.ts'

/**
 * Converts an input of one schema version to the next. It must be pure and synchronous: it is called for every attempt, and its
 * result is not stored.
 *
 * @example (name: string) => ({ name })
 */
// The type of a method: TypeScript then accepts a narrower parameter, because the author knows the type of the old input.
export type Upcaster = { upcast(old: Json): unknown }['upcast']

/** Upcasters by the version from which they start: `1` converts version 1 to 2. */
export type Upcasters = Readonly<Record<number, Upcaster>>

/** The schema version of a task type, with its upcasters. */
export type Versioned = { readonly name: string; readonly version?: number; readonly upcasters?: Upcasters }

/** An error message for invalid versions of a type; undefined when they are valid. */
export const versionFault = ({ version = 1, upcasters = {} }: Omit<Versioned, 'name'>): string | undefined => {
  if (!isVersion(version)) return `version is ${version}; it must be a whole number from 1`
  for (const [key, upcaster] of Object.entries(upcasters)) {
    const from = Number(key)
    if (!isVersion(from) || String(from) !== key)
      return `upcasters has ${JSON.stringify(key)}; each key must be the version from which it starts, a whole number from 1`
    if (from >= version)
      return `upcasters[${from}] leads to version ${from + 1}, but the type has version ${version}; set version to ${from + 1}, or remove it`
    if (typeof upcaster !== 'function') return `upcasters[${from}] is a ${typeof upcaster}; it must be a function`
  }
  return undefined
}

const isVersion = (version: number): boolean => Number.isSafeInteger(version) && version >= 1

/**
 * Converts an input of version `from` to the type's version, step by step. It returns an error message when a step is missing or
 * fails. It does not modify the given input.
 *
 * @example
 * const greet = { name: 'greet', version: 2, upcasters: { 1: (name: string) => ({ name }) } }
 * upcast(greet, 1, 'Ada') // { input: { name: 'Ada' } }
 */
export const upcast = (type: Versioned, from: number, input: Json): { readonly input: unknown } | { readonly fault: string } => {
  const { name, version = 1, upcasters = {} } = type
  const created = `the task was created under version ${from} of type ${name}`
  if (from > version)
    return {
      fault: `${created}, but this executor has version ${version}; deploy the newer code, then redrive the task`,
    }
  // A copy, so that an upcaster that modifies its argument does not modify the row.
  let current: unknown = structuredClone(input)
  for (let step = from; step < version; step++) {
    const upcaster = upcasters[step]
    if (!upcaster)
      return {
        fault: `${created}, which has version ${version}, but no upcaster leads from ${step} to ${step + 1}; add upcasters[${step}], then redrive the task`,
      }
    try {
      current = upcaster(current as Json)
    } catch (error) {
      return { fault: `${created}, but upcasters[${step}] failed: ${messageOf(error)}` }
    }
    if (current === undefined || current instanceof Promise) {
      const returned = `${created}, but upcasters[${step}] returned ${current ? 'a promise' : 'undefined'}`
      return { fault: `${returned}; it must return the input of version ${step + 1} synchronously` }
    }
  }
  return { input: current }
}
