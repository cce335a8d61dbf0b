/** The primary key of a row: kind, tenant and id. Every lookup names a tenant. `core/kinds.ts` lists the kinds. */
export type Key = { readonly kind: string; readonly tenant: string; readonly id: string }

/** The tenant of the operators, with quarantined messages and the controls of all tenants. No caller gets it by accident. */
export const SYSTEM_TENANT = 'carillon'

/** The primary key as one text. No part can contain a slash: see the patterns in `core/reading/names.ts`. */
export const keyText = (key: Key): string => `${keyPrefix(key.kind)}${key.tenant}/${key.id}`

/** The prefix of the keys of a kind, and of no other keys. */
export const keyPrefix = (kind: string): string => `${kind}/`

/** A row within texts that name rows of one kind: `tenant/id`. Neither part contains a slash. */
export type Ref = string
export const refOf = ({ tenant, id }: Pick<Key, 'tenant' | 'id'>): Ref => `${tenant}/${id}`

/** The tenant and the id of a reference. @example partsOf('acme/a1') // { tenant: 'acme', id: 'a1' } */
export const partsOf = (ref: Ref): Pick<Key, 'tenant' | 'id'> => {
  const [tenant = '', id = ''] = ref.split('/')
  return { tenant, id }
}
