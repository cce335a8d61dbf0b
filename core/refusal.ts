/**
 * A *refusal* is an expected rejection: a returned value. One table maps its code to the HTTP answer and to the handling of
 * the nudge. The two other kinds of failure are thrown. A *fault* is a failure outside Carillon, thrown by a world and retried by the caller.
 * A *defect* is a broken assertion; its message comes back until it is a dead letter, and the sweep reports its row before.
 */
export type Refusal = {
  readonly refused: RefusalCode
  /** What was wrong, where, the value, and what would be right. */
  readonly message: string
  /** The state of the row, when it is the reason. */
  readonly state?: string
  /** The place in the input, as a JSON pointer (RFC 6901). */
  readonly path?: string
  /** Epoch milliseconds; before this time a retry gets the same answer. */
  readonly retryAt?: number
}

type Answer = { readonly status: number; readonly nudge: 'acknowledge' | 'return'; readonly title: string }

/** Every refusal: its HTTP status, whether its nudge is acknowledged or returned, and its problem title (RFC 9457). */
export const refusals = {
  unknown: { status: 404, nudge: 'acknowledge', title: 'Not found' },
  superseded: { status: 409, nudge: 'acknowledge', title: 'Superseded by a newer version' },
  finished: { status: 409, nudge: 'acknowledge', title: 'Already finished' },
  cancelled: { status: 409, nudge: 'acknowledge', title: 'Task cancelled' },
  notAllowed: { status: 409, nudge: 'acknowledge', title: 'Not allowed in this state' },
  fenced: { status: 409, nudge: 'acknowledge', title: 'Claim lost to another worker' },
  early: { status: 409, nudge: 'return', title: 'Not due yet' },
  leased: { status: 409, nudge: 'return', title: 'Held by another worker' },
  busy: { status: 409, nudge: 'acknowledge', title: 'Gate busy' },
  unchanged: { status: 409, nudge: 'acknowledge', title: 'No change' },
  exists: { status: 409, nudge: 'acknowledge', title: 'Already exists' },
  idempotencyConflict: { status: 409, nudge: 'acknowledge', title: 'Idempotency key used for another request' },
  invalid: { status: 400, nudge: 'acknowledge', title: 'Invalid request' },
  unauthenticated: { status: 401, nudge: 'acknowledge', title: 'Authentication required' },
  forbidden: { status: 403, nudge: 'acknowledge', title: 'Forbidden' },
  noRoute: { status: 404, nudge: 'acknowledge', title: 'No such path' },
  methodNotAllowed: { status: 405, nudge: 'acknowledge', title: 'Method not allowed' },
  tooLarge: { status: 413, nudge: 'acknowledge', title: 'Content too large' },
  tooManyFarTasks: { status: 429, nudge: 'acknowledge', title: 'Too many far tasks' },
  unsupportedMedia: { status: 415, nudge: 'acknowledge', title: 'Unsupported media type' },
} as const satisfies Record<string, Answer>

/** The stable code of a refusal, the same in core and in API answers. */
export type RefusalCode = keyof typeof refusals

/** Makes a refusal. @example refuse('unknown', 'task 01k… does not exist') */
export const refuse = (refused: RefusalCode, message: string, more: Omit<Refusal, 'refused' | 'message'> = {}): Refusal => ({
  refused,
  message,
  ...more,
})

/** Is this value a refusal? */
export const isRefusal = (answer: unknown): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'refused' in answer
