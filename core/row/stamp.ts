import type { Instant } from '../instant.ts'

/**
 * When a command was given, by whom (`user:…`, `worker:…` or `system:…`) and, if somebody said so, why. Time enters core
 * here and nowhere else.
 */
export type Stamp = { readonly at: Instant; readonly by: string; readonly reason?: string }
