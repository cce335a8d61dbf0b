import { describe, expect, test } from 'vitest'
import {
  consequences,
  definitionOf,
  LIST_NAMES,
  overdueOf,
  RELAYED_KINDS,
  WOKEN_KINDS,
  wakeupsOf,
  watchOf,
} from '../../core/consequences.ts'
import { kinds, type Row } from '../../core/kinds.ts'
import { overdueAt, placesOf } from '../../core/task/places.ts'
import { NOON, rowIn } from './task/rows.ts'

describe('the registry of kinds', () => {
  const names = Object.keys(kinds)

  test('derives the kinds whose changes are relayed and the kinds that are woken', () => {
    expect(RELAYED_KINDS).toEqual(['task', 'tenant', 'gate', 'operation', 'calendar', 'series'])
    expect(WOKEN_KINDS).toEqual(['task', 'gate', 'operation', 'series'])
  })

  test('has the rules and the lists of each kind', () => {
    for (const [name, { decide }] of Object.entries(kinds)) expect(decide, name).toBeTypeOf('function')
    const lists = names.map((name) => [name, definitionOf(name)?.lists ?? []] as const).filter(([, { length }]) => length > 0)
    expect(Object.fromEntries(lists)).toEqual({
      tenant: ['audit', 'operations', 'unarmed'],
      calendar: ['calendars'],
      gate: ['waitlist'],
      operation: ['results'],
      series: ['allSeries', 'occurrences'],
    })
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

describe('a row of any kind', () => {
  const key = { tenant: 'acme', id: 'r1', version: 1 }
  const gate: Row = { ...key, kind: 'gate', epoch: 1, updatedAt: NOON, limits: {}, revision: 0, holders: [], dueAt: NOON + 5 }
  const unique: Row = { ...key, kind: 'unique', taskId: 'task1', at: NOON, forgetAt: NOON }
  const unknown = { ...key, kind: 'other' } as unknown as Row
  const task = rowIn('scheduled')

  test('has the wake-ups of its kind', () => {
    expect(wakeupsOf(gate)).toEqual([
      { kind: 'send', nudge: { kind: 'gate', tenant: 'acme', id: 'r1', epoch: 1, lane: 'control', dueAt: NOON + 5 } },
    ])
    expect(wakeupsOf(task)).toMatchObject([{ nudge: { kind: 'task', id: task.id } }])
  })

  test('is on the watch as its kind says', () => {
    expect(watchOf(gate)).toBe(NOON + 5)
    expect(watchOf({ ...gate, kind: 'operation' } as unknown as Row)).toBe(NOON + 5)
    const waiting = rowIn('waiting')
    expect(watchOf(waiting)).toBe(placesOf(waiting).watch)
    expect(watchOf({ ...waiting, dueAt: NOON + 5 })).toBe(NOON + 5)
  })

  // A task says itself when it is overdue; a gate is overdue when it has to dispatch.
  test('is overdue as its kind says, or from the time for which it is watched', () => {
    expect(overdueOf(gate)).toBe(NOON + 5)
    expect(overdueOf(task)).toBe(overdueAt(task))
    expect(overdueOf(task)).toBeDefined()
  })

  test.each([unique, unknown])('has nothing of all that when its kind has none: $kind', (row) => {
    expect(wakeupsOf(row)).toEqual([])
    expect(watchOf(row)).toBeUndefined()
    expect(overdueOf(row)).toBeUndefined()
    expect(consequences(undefined, row)).toEqual([])
  })

  test('has effects also when it is deleted, and a change of no row has none', () => {
    expect(consequences(undefined, undefined)).toEqual([])
    expect(consequences(task, undefined)).toEqual(kinds.task.consequences?.(task, undefined))
  })
})
