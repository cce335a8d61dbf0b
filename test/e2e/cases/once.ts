import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'

/** Repeated requests. */
export const onceCases: readonly Case<Scene>[] = [
  {
    name: 'the same idempotency key and body return the same task; with another body the key is refused',
    run: async ({ as, reaches }) => {
      const key = { 'idempotency-key': randomUUID() }
      const task = { type: 'e2e.echo', input: { word: 'once' } }
      const first = await as()('POST', '/v1/tasks', task, key)
      assert.equal(first.status, 201)
      assert.equal(first.headers.location, `/v1/tasks/${first.body.id}`)
      const again = await as()('POST', '/v1/tasks', task, key)
      assert.equal(again.status, 200)
      assert.equal(again.headers['idempotent-replayed'], 'true')
      assert.equal(again.body.id, first.body.id)
      const other = await as()('POST', '/v1/tasks', { ...task, input: { word: 'twice' } }, key)
      assert.equal(other.status, 409)
      assert.equal(other.body.code, 'idempotencyConflict')
      const { attempt } = await reaches(String(first.body.id), 'succeeded')
      assert.equal(attempt, 1)
    },
  },
]
