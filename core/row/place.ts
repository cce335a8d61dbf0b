import type { Instant } from '../instant.ts'

/** A place on a tenant's agenda: a nominal time, and which of the tasks at that time. Cursors and marks are places. */
export type Place = { readonly at: Instant; readonly id: string }

/** Which of two places comes first: negative when it is `a`. */
export const comparePlaces = (a: Place, b: Place): number => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
