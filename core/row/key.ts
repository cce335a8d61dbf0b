/** The name of a row: its kind, whose it is, and which. Nothing is ever looked up without a tenant. */
export type Key = { readonly kind: Kind; readonly tenant: string; readonly id: string }

/** The kinds of rows. */
export const KINDS = ['task', 'tenant', 'gate', 'operation', 'unique'] as const
/** The kind of a row. */
export type Kind = (typeof KINDS)[number]

/** Carillon's own tenant: quarantined messages live here, where its operators look. No caller can be given its name by accident. */
export const SYSTEM_TENANT = 'carillon'

/** The primary key as one text. Neither part can hold a slash: see the patterns in `core/reading/names.ts`. */
export const keyText = (key: Key): string => `${keyPrefix(key.kind)}${key.tenant}/${key.id}`

/** How the key of every row of a kind begins, and no other key. */
export const keyPrefix = (kind: Kind): string => `${kind}/`
