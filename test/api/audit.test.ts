import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask, wait } from '../../core/define.ts'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { testWorld } from '../../testing/index.ts'
import { ALICE, scene } from './scene.ts'

const greet = defineTask('greet', { input: z.unknown(), run: async () => 'hello' })

// biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape; a wrong access fails the test
type Body = any
const open = async () => {
  const world = await testWorld({ types: [greet] })
  const audit = async (query = ''): Promise<Body> => {
    await world.drain()
    return (await world.request('GET', `/v1/audit?${query}`)).body
  }
  return { world, audit, [Symbol.asyncDispose]: () => world.close() }
}

describe('the audit', () => {
  test('shows each command with its caller, time, reason and change', async () => {
    await using api = await open()
    const id = await api.world.create(greet, {}, { delay: '1h' })
    await api.world.command(id, 'hold', { reason: 'month-end is closed' })
    await api.world.advance('10s')
    await api.world.command(id, 'ready')
    expect((await api.audit()).items).toEqual([
      { at: iso(api.world.now()), by: 'user:test', command: 'ready', task: id, from: 'pending', to: 'scheduled' },
      {
        at: iso(api.world.now() - 10_000),
        by: 'user:test',
        command: 'hold',
        task: id,
        reason: 'month-end is closed',
        from: 'scheduled',
        to: 'pending',
      },
    ])
  })

  test('shows the new time of a task', async () => {
    await using api = await open()
    const id = await api.world.create(greet, {}, { delay: '1h' })
    await api.world.command(id, 'reschedule', { notBefore: '2030-01-31T20:00:00Z' })
    const { items } = await api.audit()
    expect(items).toMatchObject([{ command: 'reschedule', task: id, notBefore: '2030-01-31T20:00:00.000Z' }])
  })

  test('has no entry for changes without a command', async () => {
    await using api = await open()
    const id = await api.world.create(greet, {})
    await api.world.expectTask(id).toSucceed()
    expect(await api.audit()).toEqual({ items: [] })
  })

  test('can be filtered by task, caller and time, and has pages', async () => {
    await using api = await open()
    const [one, two] = [await api.world.create(greet, {}, { delay: '1h' }), await api.world.create(greet, {}, { delay: '1h' })]
    const start = api.world.now()
    for (const [id, verb] of [
      [one, 'hold'],
      [two, 'hold'],
      [one, 'ready'],
      [two, 'cancel'],
    ] as const) {
      await api.world.command(id, verb)
      await api.world.advance('1m')
    }
    const commandsOf = ({ items }: Body) => items.map(({ command }: Body) => command)
    expect(commandsOf(await api.audit(`task=${one}`))).toEqual(['ready', 'hold'])
    expect(commandsOf(await api.audit('by=user:test'))).toHaveLength(4)
    expect(commandsOf(await api.audit('by=user:tes'))).toEqual([])
    expect(commandsOf(await api.audit(`from=${iso(start + 60_000)}&to=${iso(start + 180_000)}`))).toEqual(['ready', 'hold'])
    const first = await api.audit('limit=3')
    expect(commandsOf(first)).toEqual(['cancel', 'ready', 'hold'])
    expect(commandsOf(await api.audit(`limit=3&cursor=${first.nextCursor}`))).toEqual(['hold'])
    expect(await api.audit(`limit=3&task=${one}&cursor=${first.nextCursor}`)).toMatchObject({
      status: 400,
      path: '/query/cursor',
    })
  })

  test('names the caller of a bulk operation, for the operation and for each task', async () => {
    await using api = await open()
    await api.world.create(greet, {}, { delay: '1h' })
    const { body } = await api.world.request('POST', '/v1/operations', { action: 'hold', filter: { all: true }, reason: 'stop' })
    const { id } = body as Body
    await api.world.advance('10s')
    const { items } = await api.audit('by=user:test')
    expect(items).toHaveLength(2)
    const fields = { command: 'hold', reason: 'stop' }
    expect(items).toContainEqual(expect.objectContaining({ ...fields, by: 'user:test', operation: id }))
    expect(items).toContainEqual(expect.objectContaining({ ...fields, by: `user:test via operation:${id}`, from: 'scheduled' }))
  })

  test('needs the scope carillon/admin', async () => {
    expect((await scene().request('GET', '/v1/audit')).status).toBe(403)
    expect((await scene().request('GET', '/v1/audit', { caller: { ...ALICE, scopes: ['carillon/admin'] } })).status).toBe(200)
  })
})

describe('a command', () => {
  test('takes its caller from the claims, never from the body', async () => {
    const api = scene()
    const { body } = await api.create({ type: 'greet', input: { name: 'Ada' }, delay: '1h' })
    const forged = await api.request('POST', `/v1/tasks/${body.id}/hold`, { body: { by: 'user:bob', reason: 'x' } })
    expect([forged.status, forged.body.path]).toEqual([400, '/by'])
  })

  test.each(['ready', 'hold', 'reschedule', 'cancel'] as const)(
    '%s stores a reason of bounded length in the history',
    async (verb) => {
      const api = scene()
      const { body: task } = await api.create({ type: 'greet', input: { name: 'Ada' }, delay: '1h', ready: verb !== 'ready' })
      const time = verb === 'reschedule' ? { notBefore: '2030-01-01T00:00:00Z' } : {}
      const command = (reason: string) => api.request('POST', `/v1/tasks/${task.id}/${verb}`, { body: { ...time, reason } })
      for (const wrong of ['', 'x'.repeat(LIMITS.reasonCount + 1), 'two\nlines'])
        expect((await command(wrong)).body).toMatchObject({ status: 400, path: '/reason' })
      const { body } = await command('because')
      expect(body.history.at(-1)).toMatchObject({ by: 'user:alice', reason: 'because' })
    },
  )

  test('resume wakes only a waiting task', async () => {
    const waits = defineTask('waits', { input: z.unknown(), run: async ({ attempt }) => (attempt > 1 ? 'done' : wait()) })
    await using world = await testWorld({ types: [waits] })
    const id = await world.create(waits, {})
    expect((await world.request('POST', `/v1/tasks/${id}/resume`)).body).toMatchObject({ status: 409, state: 'scheduled' })
    await world.advance('1m')
    await world.expectTask(id).toBe('waiting')
    await world.command(id, 'resume', { reason: 'the signal came' })
    await world.expectTask(id).toSucceed({ output: 'done' })
    expect((await world.get(id)).history).toContainEqual(expect.objectContaining({ by: 'user:test', reason: 'the signal came' }))
  })
})
