import { expect, test } from 'vitest'
import * as z from 'zod'
import { defineTask, type TaskType } from '../../core/define.ts'
import { runHandler, testWorld } from '../../testing/index.ts'
import { CARELESS, typeName, types } from '../worlds/node/careless.ts'

// A stray error that reached vitest would fail the run, even if each of these tests passed.

const typeOf = (name: string): TaskType => {
  const type = (types as readonly TaskType[]).find((each) => each.name === name)
  if (!type) throw new Error(`no type ${name}`)
  return type
}

test.each(Object.entries(CARELESS))('%s fails its attempt, which the policy counts', async (name, { message }) => {
  await using world = await testWorld({ types })
  const id = await world.create(typeName(name), {})
  const { error, attempt } = await world.expectTask(id).toFail()
  expect(error?.message).toContain(message)
  expect(attempt).toBe(2)
  const { body } = await world.request('GET', `/v1/tasks/${id}/attempts`)
  const attempts = (body as { items: { outcome: string; error: { stack?: string } }[] }).items
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'retried'])
  for (const each of attempts) expect(each.error.stack).toContain(message)
})

test('an error of process.exit has a code', async () => {
  const { error } = await runHandler(typeOf('process.exit'), {}, { attempt: 2 })
  expect(error).toMatchObject({ code: 'ProcessExit', retriable: true })
})

test('a handler that rejects and returns in one turn has failed', async () => {
  const { outcome, error } = await runHandler(typeOf('returns-at-once'), {})
  expect({ outcome, message: error?.message }).toEqual({ outcome: 'retried', message: 'not awaited' })
})

test('an error after the end of an attempt is logged with its task, and changes nothing', async () => {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const type = defineTask('answered', {
    input: z.unknown(),
    run: () => {
      setTimeout(() => {
        setImmediate(resolve)
        throw new Error('too late')
      }, 20)
      return 'answered'
    },
  })
  await using world = await testWorld({ types: [type] })
  const id = await world.create(type, {})
  await world.expectTask(id).toSucceed({ output: 'answered' })
  await late
  expect(world.logs()).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: 'attempt.strayError',
      fields: expect.objectContaining({ taskId: id, attempt: 1, type: 'answered' }),
    }),
  )
  await world.expectTask(id).toBe('succeeded')
})

test('a listener of the signal that throws belongs to its attempt', async () => {
  await using world = await testWorld({ types, idleAfter: '10ms' })
  const id = await world.create('throws-when-aborted', {})
  await world.expectTask(id).toFail({ code: 'Timeout' })
  expect(world.logs().filter(({ message }) => message === 'attempt.strayError')).toHaveLength(1)
})

test('two strays of one attempt: the first ends it, the second is logged', async () => {
  const type = defineTask('twice', {
    input: z.unknown(),
    retry: { policy: 'none' },
    run: async ({ signal }) => {
      void Promise.reject(new Error('first'))
      void Promise.reject(new Error('second'))
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const { error, logs } = await runHandler(type, {})
  expect(error?.message).toBe('first')
  expect(logs).toMatchObject([{ level: 'error', message: 'attempt.strayError' }])
})
