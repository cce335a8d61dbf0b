import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask, nonRetriable, type TaskType } from '../../core/define.ts'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { apply } from '../../engine/apply.ts'
import { execute } from '../../engine/execute/execute.ts'
import { appOf, engineWorld, given, keyOf, messageFor, rowOf } from '../engine/world.ts'
import { MALLORY, scene } from './scene.ts'

const greet = (run: TaskType['run']) => appOf(defineTask('greet', { input: z.unknown(), run: run as () => undefined }))

/** A world in which each of these handlers has run t1, one after the other. */
const ranBy = async (...runs: readonly TaskType['run'][]) => {
  const api = scene(engineWorld())
  await given(api.world, 't1')
  for (const run of runs) {
    const row = await rowOf(api.world, 't1')
    api.world.advance(Math.max(0, (row.dueAt ?? 0) - api.world.now))
    await execute(api.world, greet(run), messageFor(row))
  }
  return api
}

const busy = () => {
  throw new Error('the account is locked')
}

describe('GET /v1/tasks/{id}/attempts', () => {
  test('shows each attempt with its time, worker, outcome, error, stack and progress, newest first', async () => {
    const { world, request } = await ranBy(
      async ({ heartbeat }) => {
        await heartbeat({ percent: 30 })
        busy()
      },
      () => 'done',
    )
    const { history } = await rowOf(world, 't1')
    const { status, body } = await request('GET', '/v1/tasks/t1/attempts')
    const [, first, failed, second, ended] = history
    expect(status).toBe(200)
    expect(body).toEqual({
      items: [
        {
          attempt: 2,
          startedAt: iso(second?.at ?? 0),
          endedAt: iso(ended?.at ?? 0),
          durationMs: 0,
          outcome: 'succeeded',
          worker: second?.by,
          correlationId: second?.by.slice('worker:'.length),
        },
        {
          attempt: 1,
          startedAt: iso(first?.at ?? 0),
          endedAt: iso(failed?.at ?? 0),
          durationMs: 0,
          outcome: 'retried',
          worker: first?.by,
          correlationId: first?.by.slice('worker:'.length),
          error: {
            code: 'Error',
            message: 'the account is locked',
            stack: expect.stringMatching(/^Error: the account is locked\n {4}at busy/),
          },
          progress: { at: iso(first?.at ?? 0), attempt: 1, percent: 30 },
        },
      ],
      summary: { count: 0, losses: 0, snoozes: 0, interruptions: 0 },
    })
  })

  test('shows a running attempt', async () => {
    let seen: unknown
    const api = scene(engineWorld())
    const row = await given(api.world, 't1')
    const app = greet(async () => {
      api.world.advance(2_000)
      seen = (await api.request('GET', '/v1/tasks/t1/attempts')).body.items
    })
    await execute(api.world, app, messageFor(row))
    expect(seen).toMatchObject([{ attempt: 1, outcome: 'running' }])
    expect(seen).not.toMatchObject([{ endedAt: expect.anything() }])
    expect((await api.request('GET', '/v1/tasks/t1/attempts')).body.items).toMatchObject([
      { outcome: 'succeeded', durationMs: 2_000 },
    ])
  })

  test('counts the attempts that are no longer in the history, also after redrives', async () => {
    const { world, request } = await ranBy(() => {
      throw nonRetriable('Broken', 'it broke')
    })
    const rounds = LIMITS.historyCount
    for (let round = 0; round < rounds; round++) {
      await apply(world, keyOf('t1'), () => ({ name: 'redrive', at: world.now, by: 'user:ada' }))
      await execute(
        world,
        greet(() => {
          throw nonRetriable('Broken', 'it broke')
        }),
        messageFor(await rowOf(world, 't1')),
      )
    }
    const { body } = await request('GET', '/v1/tasks/t1/attempts')
    expect(body.items.length + body.summary.count).toBe(rounds + 1)
    expect(body.items.length).toBeGreaterThan(0)
    expect(new Set(body.items.map(({ attempt }: { attempt: number }) => attempt))).toEqual(new Set([1]))
  })

  test('is 404 for a task of another tenant, as for an unknown one', async () => {
    const { request } = await ranBy()
    const foreign = await request('GET', '/v1/tasks/t1/attempts', { caller: MALLORY })
    expect(foreign).toMatchObject({ status: 404, body: { code: 'unknown' } })
    expect((await request('GET', '/v1/tasks/t2/attempts')).body.detail).toBe(foreign.body.detail)
  })
})

describe('the progress of a task', () => {
  test('is shown only while the task runs', async () => {
    const api = scene(engineWorld())
    const row = await given(api.world, 't1')
    let seen: unknown
    const app = greet(async ({ heartbeat }) => {
      expect((await api.request('GET', '/v1/tasks/t1')).body).not.toHaveProperty('progress')
      await heartbeat({ percent: 40, text: 'copying', counters: { tables: 3 } })
      seen = (await api.request('GET', '/v1/tasks/t1')).body.progress
    })
    await execute(api.world, app, messageFor(row))
    expect(seen).toEqual({ at: iso(api.world.now), attempt: 1, percent: 40, text: 'copying', counters: { tables: 3 } })
    expect((await api.request('GET', '/v1/tasks/t1')).body).not.toHaveProperty('progress')
  })

  test('never comes from an older claim', async () => {
    const api = scene(engineWorld())
    const row = await given(api.world, 't1')
    const first = greet(async ({ heartbeat }) => {
      await heartbeat({ percent: 90 })
      // Another worker claims the task; this worker still runs.
      const at = api.world.now + 1_000_000
      await apply(api.world, keyOf('t1'), () => ({
        name: 'claim',
        at,
        by: 'worker:w2',
        epoch: row.epoch,
        owner: 'w2',
        leaseMs: 1,
      }))
      await heartbeat({ percent: 95 })
    })
    await execute(api.world, first, messageFor(row))
    const { body } = await api.request('GET', '/v1/tasks/t1')
    expect(body).toMatchObject({ state: 'running', attempt: 2 })
    expect(body).not.toHaveProperty('progress')
    expect((await api.request('GET', '/v1/tasks/t1/attempts')).body.items).toMatchObject([
      { attempt: 2, outcome: 'running' },
      { attempt: 1, outcome: 'lost', progress: { attempt: 1 } },
    ])
  })
})
