import { expect, test } from 'vitest'
import { LIST_NAMES } from '../../../core/consequences.ts'
import type { Checker } from '../../../worlds/sim/checkers/checker.ts'
import { simulate } from '../../../worlds/sim/simulate.ts'

test('every list that is declared is written in a simulation, and no other', async () => {
  const written = new Set<string>()
  const lists: Checker = ({ entries }) => {
    for (const list of entries.keys()) written.add(list)
    return []
  }
  for (let seed = 1; seed <= 12; seed++) await simulate({ seed, checkers: { lists } })
  expect([...written].sort()).toEqual([...LIST_NAMES].sort())
})
