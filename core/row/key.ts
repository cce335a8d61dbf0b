/** The primary key of a row: its kind, its tenant and its id. Every lookup names a tenant. `core/kinds.ts` lists the kinds. */
export type Key = { readonly kind: string; readonly tenant: string; readonly id: string }

/** Carillon's own tenant: quarantined messages live here, where its operators look. No caller can be given its name by accident. */
export const SYSTEM_TENANT = 'carillon'

/** The primary key as one text. Neither part can hold a slash: see the patterns in `core/reading/names.ts`. */
export const keyText = (key: Key): string => `${keyPrefix(key.kind)}${key.tenant}/${key.id}`

/** How the key of every row of a kind begins, and no other key. */
export const keyPrefix = (kind: string): string => `${kind}/`
