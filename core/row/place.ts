import type { Instant } from '../instant.ts'

/** A place on a tenant's agenda: a nominal time, then a task id. Cursors and the progress of the sweep are places. */
export type Place = { readonly at: Instant; readonly id: string }

/** Compares two places for sorting; negative when `a` comes first. */
export const comparePlaces = (a: Place, b: Place): number => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
