import { createHash } from 'node:crypto'

/** What Step Functions and SQS both take in a name, and more than that neither. */
const SAFE = /^[a-zA-Z0-9_-]{1,80}$/

/** The idempotency key as a name that AWS takes: itself where it can be, else its digest. The same key, the same name. */
export const safeName = (key: string): string => (SAFE.test(key) ? key : createHash('sha256').update(key).digest('hex'))
