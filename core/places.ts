import type { Instant } from './instant.ts'
import type { Row } from './kinds.ts'
import { overdueAt, placesOf } from './task/places.ts'

/**
 * Where a row of any kind stands on the watch, over all tenants; undefined when it is not there. A task is watched where
 * `placesOf` says so. Gates and operations are on no agenda, so they are watched whenever they have a wake-up.
 */
export const watchOf = (row: Row): Instant | undefined => {
  switch (row.kind) {
    case 'task':
      return placesOf(row).watch
    case 'tenant':
      return undefined
    default:
      return (row as { readonly dueAt?: Instant }).dueAt
  }
}

/** When the sweep should wonder why this row has not moved; undefined when nothing has to happen to it. */
export const overdueOf = (row: Row): Instant | undefined => (row.kind === 'task' ? overdueAt(row) : watchOf(row))
