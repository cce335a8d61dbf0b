/** The fields of `Fields` that have a value; none of them is undefined. */
export type Defined<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/**
 * The fields that have a value. An absent field costs a stored row nothing, and `exactOptionalPropertyTypes` tells absent
 * from undefined.
 *
 * @example { id, ...defined({ error, output }) } // without `error` when it is undefined
 */
export const defined = <Fields extends object>(fields: Fields): Defined<Fields> => {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value
  return kept as Defined<Fields>
}
