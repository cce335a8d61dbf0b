import { describe, expect, test } from 'vitest'
import { definitionOf, LIST_NAMES, RELAYED_KINDS, WOKEN_KINDS } from '../../core/consequences.ts'
import { kinds } from '../../core/kinds.ts'

describe('the registry of kinds', () => {
  const names = Object.keys(kinds)

  test('derives the kinds whose changes are relayed and the kinds that are woken', () => {
    expect(RELAYED_KINDS).toEqual(['task', 'tenant', 'gate', 'operation', 'calendar', 'series'])
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
})
