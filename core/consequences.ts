import { type Kind, kinds, type Row } from './kinds.ts'
import type { Effect } from './row/effect.ts'
import type { AnyRow, KindDefinition } from './row/kind.ts'

/** A kind definition without its row and command types. */
type AnyKind = KindDefinition<AnyRow, unknown>

/** The definition of a kind; undefined for an unknown name, which a foreign message may have. */
export const definitionOf = (kind: string): AnyKind | undefined =>
  Object.hasOwn(kinds, kind) ? (kinds[kind as Kind] as unknown as AnyKind) : undefined

const kindsWith = (part: keyof AnyKind): readonly string[] => Object.keys(kinds).filter((kind) => definitionOf(kind)?.[part])

/** The kinds whose changes the relay receives. */
export const RELAYED_KINDS = kindsWith('consequences')
/** The kinds that have wake-ups. */
export const WOKEN_KINDS = kindsWith('wakeups')
/** The names of all ordered lists. */
export const LIST_NAMES: readonly string[] = Object.keys(kinds).flatMap((kind) => definitionOf(kind)?.lists ?? [])

/** Effects of a committed change of a row of any kind. Pure: the same change always has the same effects. */
export const consequences = (before: Row | undefined, after: Row | undefined): readonly Effect[] =>
  definitionOf((before ?? after)?.kind ?? '')?.consequences?.(before, after) ?? []

/** The effects that wake a row of any kind. The sweep and a restart perform them again. */
export const wakeupsOf = (row: Row): readonly Effect[] => definitionOf(row.kind)?.wakeups?.(row) ?? []

/** The place of a row of any kind on the watch index; undefined when it is not watched. */
export const watchOf = (row: Row): number | undefined => definitionOf(row.kind)?.watchAt?.(row)

/** From when on the sweep repairs a row; undefined when nothing has to happen to it. */
export const overdueOf = (row: Row): number | undefined => {
  const definition = definitionOf(row.kind)
  return (definition?.overdueAt ?? definition?.watchAt)?.(row)
}
