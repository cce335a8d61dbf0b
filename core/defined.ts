/** `Fields` without undefined values. */
export type Defined<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/**
 * The fields whose value is not undefined. An absent field takes no space on a stored row, and `exactOptionalPropertyTypes`
 * distinguishes absent from undefined.
 *
 * @example { id, ...defined({ error, output }) } // without `error` when it is undefined
 */
export const defined = <Fields extends object>(fields: Fields): Defined<Fields> => {
  const kept: Partial<Fields> = {}
  // Every commit comes through here: this loop allocates no list of entries.
  for (const name in fields) if (fields[name] !== undefined) kept[name] = fields[name]
  return kept as Defined<Fields>
}
