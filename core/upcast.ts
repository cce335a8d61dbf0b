import type { Json } from './row/json.ts'
import { messageOf } from './thrown.ts'

/**
 * Makes an input of one version of a type's schema into one of the next. Pure and at once: it is asked again for every
 * attempt, and what it answers is kept nowhere.
 */
// Taken from a method, whose parameters TypeScript lets be narrower: an author knows what the old input looked like.
export type Upcaster = { upcast(old: Json): unknown }['upcast']

/** Upcasters by the version that they start from: `1` leads from version 1 to 2. */
export type Upcasters = Readonly<Record<number, Upcaster>>

/** What a type says of its input's versions. */
export type Versioned = { readonly name: string; readonly version?: number; readonly upcasters?: Upcasters }

/** What is wrong with a type's versions, in words; undefined when they fit together. */
export const versionFault = ({ version = 1, upcasters = {} }: Omit<Versioned, 'name'>): string | undefined => {
  if (!isVersion(version)) return `version is ${version}; it must be a whole number, from 1`
  for (const [key, upcaster] of Object.entries(upcasters)) {
    const from = Number(key)
    if (!isVersion(from) || String(from) !== key)
      return `upcasters has ${JSON.stringify(key)}; each is named by the version that it starts from, a whole number from 1`
    if (from >= version)
      return `upcasters[${from}] leads to version ${from + 1}, and the type is at version ${version}; make version ${from + 1}, or leave it out`
    if (typeof upcaster !== 'function') return `upcasters[${from}] is a ${typeof upcaster}; it must be a function`
  }
  return undefined
}

const isVersion = (version: number): boolean => Number.isSafeInteger(version) && version >= 1

/**
 * Brings an input that was given under version `from` up to the type's own version, step by step; or says in words why
 * that cannot be. The input itself is never changed.
 *
 * @example upcast({ name: 'greet', version: 2, upcasters: { 1: (name: string) => ({ name }) } }, 1, 'Ada') // { input: { name: 'Ada' } }
 */
export const upcast = (type: Versioned, from: number, input: Json): { readonly input: unknown } | { readonly fault: string } => {
  const { name, version = 1, upcasters = {} } = type
  const created = `the task was made under version ${from} of type ${name}`
  if (from > version)
    return {
      fault: `${created}, and this executor knows it up to version ${version}; deploy the newer code, then redrive the task`,
    }
  // A copy: an upcaster that writes into what it is given must not write into the row.
  let current: unknown = structuredClone(input)
  for (let step = from; step < version; step++) {
    const upcaster = upcasters[step]
    if (!upcaster)
      return {
        fault: `${created}, which is at version ${version}, and no upcaster leads from ${step} to ${step + 1}; add upcasters[${step}], then redrive the task`,
      }
    try {
      current = upcaster(current as Json)
    } catch (error) {
      return { fault: `${created}, and upcasters[${step}] failed: ${messageOf(error)}` }
    }
    if (current === undefined || current instanceof Promise) {
      const answered = `${created}, and upcasters[${step}] answered ${current ? 'a promise' : 'undefined'}`
      return { fault: `${answered}; it must answer the input of version ${step + 1}, at once` }
    }
  }
  return { input: current }
}
