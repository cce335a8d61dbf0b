import type { Instant } from '../instant.ts'
import type { Refusal } from '../refusal.ts'
import type { Effect } from './effect.ts'
import type { Key } from './key.ts'

/** The fields that rows of all kinds have. */
export type AnyRow = Key & { readonly version: number }

/**
 * The definition of a kind of row. A kind is one folder that exports one definition, and one line in
 * `core/kinds.ts`; `docs/adding-a-kind.md` is the guide.
 *
 * @example export const counterKind = defineKind<CounterRow, CounterCommand>({ decide: decideCounter })
 */
export type KindDefinition<Row extends AnyRow, Command> = {
  /** The next row, or a refusal. It is pure; the command carries the time. */
  readonly decide: (key: Key, row: Row | undefined, command: Command) => Row | Refusal
  /** Effects of a committed change. Absent: a change has none, and the relay does not receive changes of this kind. */
  readonly consequences?: (before: Row | undefined, after: Row | undefined) => readonly Effect[]
  /** Effects that wake the row at its next wake-up. Absent: rows of this kind are never woken. */
  readonly wakeups?: (row: Row) => readonly Effect[]
  /** The row's place on the watch index, over all tenants. Absent: rows of this kind are not watched. */
  readonly watchAt?: (row: Row) => Instant | undefined
  /** From this instant on the sweep repairs the row. @default `watchAt` */
  readonly overdueAt?: (row: Row) => Instant | undefined
  /** Names of the ordered lists beside rows of this kind. */
  readonly lists?: readonly string[]
}

/** Returns the definition; the compiler checks it against its row and its command. */
export const defineKind = <Row extends AnyRow, Command>(definition: KindDefinition<Row, Command>): KindDefinition<Row, Command> =>
  definition
