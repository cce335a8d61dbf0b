/** `Fields` without undefined values. */
export type Defined<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/**
 * The fields whose value is not undefined. An absent field takes no space on a stored row, and `exactOptionalPropertyTypes`
 * distinguishes absent from undefined.
 *
 * @example { id, ...defined({ error, output }) } // without `error` when it is undefined
 */
export const defined = <Fields extends object>(fields: Fields): Defined<Fields> => {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value
  return kept as Defined<Fields>
}
