import { describe, expect, test } from 'vitest'
import { definitionOf, LIST_NAMES, RELAYED_KINDS, WOKEN_KINDS } from '../../core/consequences.ts'
import { kinds } from '../../core/kinds.ts'
import type { Checker } from '../../worlds/sim/checkers/checker.ts'
import { simulate } from '../../worlds/sim/simulate.ts'

describe('the registry of kinds', () => {
  const names = Object.keys(kinds)

  test('derives the kinds whose changes are relayed and the kinds that are woken', () => {
    expect(RELAYED_KINDS).toEqual(['task', 'tenant', 'gate', 'operation', 'series'])
    expect(WOKEN_KINDS).toEqual(['task', 'gate', 'operation', 'series'])
  })

  test('has no definition for any other name', () => {
    for (const name of ['', 'other', 'constructor', '__proto__']) expect(definitionOf(name)).toBeUndefined()
  })

  // Rows, documents and entries share one table, and the first part of a partition key tells them apart.
  test('gives every kind and every list a name of its own', () => {
    const all = [...names, ...LIST_NAMES, 'document']
    expect(new Set(all).size).toBe(all.length)
  })

  test('declares every list that is written in a simulation, and no other', async () => {
    const written = new Set<string>()
    const lists: Checker = ({ entries }) => {
      for (const list of entries.keys()) written.add(list)
      return []
    }
    for (let seed = 1; seed <= 12; seed++) await simulate({ seed, checkers: { lists } })
    expect([...written].sort()).toEqual([...LIST_NAMES].sort())
  })
})
