import { expect } from 'vitest'
import type { TaskCommand } from '../../../core/task/command.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { nextRow } from './rows.ts'

/** The epoch of a wake-up that the command arms: the version of its commit. */
export const NEW = 'new'

/** The fields that a command sets to another value, and those that it removes; without those that every commit changes. */
export const changesBy = (row: TaskRow, command: TaskCommand) => {
  const next = nextRow(row, command)
  expect(next).toMatchObject({ version: row.version + 1, updatedAt: command.at })
  expect(next.history.slice(0, -1)).toEqual(row.history)
  const { version: _, updatedAt: __, history, ...fields } = next
  const old = row as Readonly<Record<string, unknown>>
  const set = Object.entries(fields).filter(
    ([name, value]) => !(name in row) || JSON.stringify(value) !== JSON.stringify(old[name]),
  )
  return {
    set: Object.fromEntries(set.map(([name, value]) => [name, name === 'epoch' && value === next.version ? NEW : value])),
    gone: Object.keys(row)
      .filter((name) => !(name in next))
      .sort(),
    entry: history.at(-1),
  }
}
