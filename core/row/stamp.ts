import type { Instant } from '../instant.ts'

/** Time, author (`user:…`, `worker:…`, `system:…`) and reason of a command. Core gets the time only from here. */
export type Stamp = { readonly at: Instant; readonly by: string; readonly reason?: string }
