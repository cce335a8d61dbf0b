/** Who is asking, as the claims say: never as the request's body or path says. */
export type Caller = {
  readonly tenant: string
  readonly scopes: readonly Scope[]
  /** For the audit: `user:alice`. */
  readonly by: string
}

export type Scope = 'carillon/read' | 'carillon/write' | 'carillon/admin'

/** A request as every door hands it in: header names in lower case, the body as text, its size already known. */
export type Request = {
  readonly method: string
  readonly path: string
  /** A parameter that came more than once is a list: no route takes one, and the refusal names it. See `queryOf`. */
  readonly query: Readonly<Record<string, string | readonly string[]>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer as every door gives it out. `body` is JSON text; absent for HEAD and 204. */
export type Response = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Reads the part of an address behind the question mark, keeping what came twice.
 *
 * @example queryOf('state=failed&tag=a&tag=b') // { state: 'failed', tag: ['a', 'b'] }
 */
export const queryOf = (search: string): Request['query'] => {
  const parameters = new URLSearchParams(search)
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const values = parameters.getAll(name)
      return [name, values.length === 1 ? (values[0] ?? '') : values]
    }),
  )
}
