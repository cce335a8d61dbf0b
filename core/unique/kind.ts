import { defineKind } from '../row/kind.ts'
import { decideUnique, type UniqueCommand, type UniqueRow } from './row.ts'

/** A unique key or an idempotency key, which points to a task. Its changes have no effects. */
export const uniqueKind = defineKind<UniqueRow, UniqueCommand>({ decide: decideUnique })
