import fc from 'fast-check'
import { expect, test } from 'vitest'
import { heapOf } from '../../../worlds/memory/heap.ts'

test('pop returns the least item, for random pushes and pops', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: 'pop' as const })), (steps) => {
      const heap = heapOf<number>((a, b) => a < b)
      let model: number[] = []
      for (const step of steps) {
        if (step === 'pop') {
          const [least, ...rest] = model
          expect(heap.pop()).toBe(least)
          model = rest
        } else {
          heap.push(step)
          model = [...model, step].sort((a, b) => a - b)
        }
        expect(heap.peek()).toBe(model[0])
        expect(heap.count()).toBe(model.length)
      }
    }),
  )
})
