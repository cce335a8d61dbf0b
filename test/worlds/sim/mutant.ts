import type { Context, TaskType } from '../../../core/define.ts'
import type { KeyOf, Kind, Row, RowOf } from '../../../core/kinds.ts'
import { decodeNudge } from '../../../core/row/nudge.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import type { Needs } from '../../../engine/needs.ts'
import type { Law } from '../../../worlds/sim/checkers/index.ts'
import { engine } from '../../../worlds/sim/engine.ts'
import type { Options } from '../../../worlds/sim/simulate.ts'

/** An engine, a store or a bound that breaks one rule, and the law that must notice. */
export type Mutant = {
  readonly name: string
  readonly law: Law
  /**
   * The seed to try first: few seeds break this rule. A change of the workload makes it outdated, which costs only time; the
   * test prints the seed that it found instead.
   */
  readonly seed?: number
} & Pick<Options, 'engine' | 'store' | 'receiveCount'>

type Executor = Needs<'execute'>

/** The executor's world with some verbs of its store replaced. */
const withStore = (world: Executor, verbs: (store: Executor['store']) => Partial<Executor['store']>): Executor => ({
  ...world,
  store: { ...world.store, ...verbs(world.store) },
})

/** The executor's world; every task that is read from it is changed. */
export const reading = (world: Executor, change: (row: TaskRow) => TaskRow): Executor => readingKind(world, 'task', change)

/** The executor's world; every row of one kind that is read from it is changed. */
export const readingKind = <Known extends Kind>(world: Executor, kind: Known, change: (row: RowOf<Known>) => Row): Executor =>
  withStore(world, (store) => ({
    get: async <Of extends Kind>(key: KeyOf<Of>) => {
      const row: Row | undefined = await store.get(key)
      return (row?.kind === kind ? change(row as RowOf<Known>) : row) as RowOf<Of> | undefined
    },
  }))

/** An executor with some verbs of its store replaced. */
export const executingWith = (verbs: Parameters<typeof withStore>[1]): Partial<typeof engine> => ({
  execute: (world, app, message) => engine.execute(withStore(world, verbs), app, message),
})

/** An executor that reads every task with a change. */
export const executing = (change: (row: TaskRow) => TaskRow): Partial<typeof engine> => ({
  execute: (world, app, message) => engine.execute(reading(world, change), app, message),
})

/** An executor that calls each handler in another way. */
export const handling = (call: (run: TaskType['run'], context: Context<unknown>) => unknown): Partial<typeof engine> => ({
  execute: (world, app, message) => {
    const types = [...app.types].map(
      ([name, type]) => [name, { ...type, run: (context: Context<unknown>) => call(type.run, context) }] as const,
    )
    return engine.execute(world, { ...app, types: new Map(types) }, message)
  },
})

/** The executor's world in which every task is due. */
export const alwaysDue = (world: Executor): Executor =>
  reading(world, (row) => (row.dueAt === undefined ? row : { ...row, dueAt: row.createdAt }))

/** A nudge that is due at once, with another epoch if one is given. */
export const withoutDueAt = (body: string, epoch: number | undefined): string => {
  const nudge = decodeNudge(body)
  return nudge ? JSON.stringify({ ...nudge, dueAt: 0, epoch: epoch ?? nudge.epoch }) : body
}
