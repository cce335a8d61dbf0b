import { describe, expect, test } from 'vitest'
import type { TestWorld } from '../../testing/index.ts'
import { at, broken, echo, given, MINUTE, START } from './given.ts'

describe('an expectation', () => {
  test('lets time pass until it is met, through all retries', async () => {
    const world = await given([broken])
    const id = await world.create(broken, {}, { delay: '2d' })
    await world.expectTask(id).toBe('scheduled')
    expect(world.now()).toBe(START)
    await world.expectTask(id).toHaveAttempts(2)
    expect(world.now()).toBe(START + 2 * 24 * 60 * MINUTE + MINUTE)
    expect(await world.expectTask(id).toFail({ code: 'Broken' })).toMatchObject({ attempt: 3 })
  })

  test('that is not met shows state, error, history and log', async () => {
    const world = await given([broken])
    const id = await world.create(broken, {})
    const message: unknown = await world
      .expectTask(id)
      .toSucceed()
      .catch((error: Error) => error.message.split('\n'))
    expect(message).toEqual([
      `task ${id} (broken, tenant test) was expected to succeed, but is failed after 3 attempts`,
      `  now: ${at(2 * MINUTE)}, and only a command will change the task`,
      '  error: Broken: it broke (retriable)',
      '  history:',
      `    ${at(0)} scheduled by user:test`,
      expect.stringContaining(`    ${at(0)} running by worker:`),
      expect.stringMatching(/ scheduled by worker:\w+ \(Broken: it broke\)$/),
      expect.stringContaining(`    ${at(MINUTE)} running by worker:`),
      expect.stringMatching(/ scheduled by worker:\w+ \(Broken: it broke\)$/),
      expect.stringContaining(`    ${at(2 * MINUTE)} running by worker:`),
      expect.stringMatching(/ failed by worker:\w+ \(Broken: it broke\)$/),
      '  log:',
      expect.stringMatching(`^    ${at(0)} info it breaks now attempt=1`),
      expect.stringMatching(`^    ${at(MINUTE)} info it breaks now attempt=2`),
      expect.stringMatching(`^    ${at(2 * MINUTE)} info it breaks now attempt=3`),
    ])
  })

  test.each([
    [
      'another output',
      (world: TestWorld, id: string) => world.expectTask(id).toSucceed({ output: 'ho' }),
      'to succeed with the output "ho"',
    ],
    ['a failure', (world: TestWorld, id: string) => world.expectTask(id).toFail(), 'to fail, but is succeeded'],
    ['a state', (world: TestWorld, id: string) => world.expectTask(id).toBe('cancelled'), 'to be cancelled'],
    [
      'a past state',
      (world: TestWorld, id: string) => world.drain().then(() => world.expectTask(id).toBe('scheduled')),
      'to be scheduled',
    ],
    ['attempts', (world: TestWorld, id: string) => world.expectTask(id).toHaveAttempts(2), 'to have been started 2 times'],
  ])('of %s that is not met is an error', async (_, expected, message) => {
    const world = await given([echo])
    const id = await world.create(echo, 'hi')
    await expect(expected(world, id)).rejects.toThrow(message)
  })

  test('of another error code is an error', async () => {
    const world = await given([broken])
    const id = await world.create(broken, {})
    await expect(world.expectTask(id).toFail({ code: 'Torn' })).rejects.toThrow('to fail with the code Torn, but is failed')
  })

  test('fails at once when nothing can happen any more, and otherwise at its bound', async () => {
    const world = await given([echo])
    const pending = await world.create(echo, 'hi', { ready: false })
    await expect(world.expectTask(pending).toSucceed()).rejects.toThrow('only a command will change the task')
    expect(world.now()).toBe(START)
    const far = await world.create(echo, 'hi', { delay: '3h' })
    await expect(world.expectTask(far).toSucceed({ within: '2h' })).rejects.toThrow(`next due ${at(180 * MINUTE)}`)
    expect(world.now()).toBe(START + 120 * MINUTE)
  })

  test('of a task that does not exist is a 404', async () => {
    const world = await given([echo])
    await expect(world.expectTask('nobody').toSucceed()).rejects.toThrow('404 unknown: this tenant has no task with this id')
  })
})
