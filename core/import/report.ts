import type { Json } from '../row/json.ts'

/** A series as an import gives it. */
export type ImportedSeries = {
  /** The id in `PUT /v1/series/{id}`. It is the same each time the same source is imported. */
  readonly id: string
  /** The body of that request. */
  readonly body: Readonly<Record<string, Json>>
  /** The source does not run at present: pause the series after it was created. */
  readonly isPaused?: true
}

/** A part of the source that the series does not have. */
export type NotCarried = {
  /** The place: a JSON pointer (RFC 6901), or `line 3`. */
  readonly at: string
  readonly value: Json
  readonly reason: string
}

/** The result of an import: the series, and everything that they do not have. */
export type Imported = { readonly series: readonly ImportedSeries[]; readonly notCarried: readonly NotCarried[] }

/** A text as the id of a series, or as the key of a gate: other characters become dashes. */
export const idOf = (text: string, mostCount: number): string =>
  text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, mostCount)

/** The fields of an object, each of which is taken once. What is left at the end was not known. */
export type Fields = {
  /** The value of the first of these names that is present and not blank. */
  readonly take: (...names: readonly string[]) => Taken | undefined
  /** Reports a part of a taken value. */
  readonly report: (taken: Pick<Taken, 'at' | 'value'>, reason: string) => void
  /** Reports these fields if they are present and not blank. */
  readonly leave: (reason: string, ...names: readonly string[]) => void
  /** Reports every field that was not taken, and returns all reports. */
  readonly end: () => readonly NotCarried[]
}

/** A taken value and its place. */
export type Taken = { readonly at: string; readonly value: Json }

/** Names are compared without blanks, dots, dashes, underscores and capital letters. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/**
 * Reads the fields of an object.
 *
 * @param isBlank is a value without a meaning? It is taken for absent
 */
export const fieldsOf = (
  given: Readonly<Record<string, Json | undefined>>,
  isBlank: (value: Json) => boolean,
  at = '',
): Fields => {
  const reports: NotCarried[] = []
  const left = new Map<string, Taken>()
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !isBlank(value))
      left.set(plain(name), { at: `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, value })
  const take = (...names: readonly string[]): Taken | undefined => {
    let first: Taken | undefined
    for (const name of names) {
      const found = left.get(plain(name))
      left.delete(plain(name))
      first ??= found
    }
    return first
  }
  const report: Fields['report'] = ({ at, value }, reason) => void reports.push({ at, value, reason })
  return {
    take,
    report,
    leave: (reason, ...names) => {
      for (const name of names) {
        const found = take(name)
        if (found) report(found, reason)
      }
    },
    end: () => [...reports, ...[...left.values()].map((it) => ({ ...it, reason: 'this field is not known' }))],
  }
}

/** An object, or undefined for any other value. */
export const objectOf = (value: unknown): Readonly<Record<string, Json>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : undefined
