import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../../core/define.ts'
import { apply } from '../../../engine/apply.ts'
import { execute } from '../../../engine/execute/execute.ts'
import { POLICY } from '../../core/task/rows.ts'
import { appOf, engineWorld, given, keyOf, messageFor, rowOf } from '../world.ts'

/** A type whose input was a name (version 1), a greeting (2), and is a list of greetings (3). */
const greet = (version: number, inputs: unknown[] = []) =>
  appOf(
    defineTask('greet', {
      input: z.unknown(),
      version,
      upcasters: Object.fromEntries(Object.entries(UPCASTERS).filter(([from]) => Number(from) < version)),
      run: ({ input }) => void inputs.push(input),
    }),
  )
const UPCASTERS = {
  1: (name: string) => ({ greeting: `Hello, ${name}` }),
  2: (old: { greeting: string }) => {
    if (!old.greeting) throw new Error('no greeting')
    return { greetings: [old.greeting] }
  },
}

const made = (schema: number, input: string | { readonly greeting: string }) => ({
  policy: { ...POLICY, schema },
  input: { inline: input },
})

describe('a task of an earlier version', () => {
  test.each([
    ['two ago', made(1, 'Ada')],
    ['one ago', made(2, { greeting: 'Hello, Ada' })],
  ])('still runs: %s', async (_, task) => {
    const world = engineWorld()
    const inputs: unknown[] = []
    const row = await given(world, 't1', task)
    await execute(world, greet(3, inputs), messageFor(row))
    expect(inputs).toEqual([{ greetings: ['Hello, Ada'] }])
    // The stored input stays unchanged.
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', schema: task.policy.schema, input: task.input })
  })

  test('has a stored input that no handler can change', async () => {
    const world = engineWorld()
    const row = await given(world, 't1', made(1, { greeting: 'Hello' }))
    const app = appOf(
      defineTask('greet', { input: z.unknown(), run: ({ input }) => void Object.assign(input as object, { greeting: 'Bye' }) }),
    )
    await execute(world, app, messageFor(row))
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', input: { inline: { greeting: 'Hello' } } })
  })
})

describe('a task of a version that this executor cannot read', () => {
  test.each([
    ['a newer one', made(4, 'Ada'), /under version 4 .* executor has version 3/],
    ['an upcaster that throws', made(2, { greeting: '' }), /under version 2 .* upcasters\[2\] failed: no greeting/],
  ])('fails, is not retried, and names the version: %s', async (_, task, words) => {
    const world = engineWorld()
    const row = await given(world, 't1', task)
    await execute(world, greet(3), messageFor(row))
    const failed = await rowOf(world, 't1')
    expect(failed).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'PayloadVersion', retriable: false } })
    expect(failed.error?.message).toMatch(words)
  })

  test('runs when it is redriven after the newer code is deployed', async () => {
    const world = engineWorld()
    const inputs: unknown[] = []
    await execute(world, greet(1), messageFor(await given(world, 't1', made(2, { greeting: 'Hello, Ada' }))))
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'failed', error: { code: 'PayloadVersion' } })
    await apply(world, keyOf('t1'), () => ({ name: 'redrive', at: world.now, by: 'user:ada' }))
    await execute(world, greet(3, inputs), messageFor(await rowOf(world, 't1')))
    expect(inputs).toEqual([{ greetings: ['Hello, Ada'] }])
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', schema: 2 })
  })
})

test('an input at which the schema throws is invalid: the task fails, not the worker', async () => {
  const world = engineWorld()
  const row = await given(world, 't1', { input: { inline: { name: null } } })
  const lengthOf = ({ name }: { name: string }) => name.length > 0
  const input = z.custom<{ name: string }>().refine(lengthOf)
  await execute(world, appOf(defineTask('greet', { input, run: () => 'hello' })), messageFor(row))
  const { state, error } = await rowOf(world, 't1')
  expect([state, error?.code]).toEqual(['failed', 'InvalidInput'])
  expect(error?.message).toMatch(/^the schema of type greet cannot parse the input: .*null/)
})
