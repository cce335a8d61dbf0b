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
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer as every door gives it out. `body` is JSON text; absent for HEAD and 204. */
export type Response = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}
