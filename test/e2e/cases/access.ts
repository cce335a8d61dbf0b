import assert from 'node:assert/strict'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'

/**
 * Authentication and authorization. The JWT authorizer of the emulator checks the signature against the published keys of the
 * issuer, the issuer, the audience and the expiry. Its IAM authorizer accepts any signature, so IAM in front of the API is not
 * tested here. IAM behind the API is: the emulator enforces policies, and each function has its own role.
 */
export const accessCases: readonly Case<Scene>[] = [
  {
    name: 'the task of another tenant is answered with 404, word for word like a task that does not exist',
    run: async ({ create, as }) => {
      const { id } = await create({ type: 'e2e.echo', input: { word: 'private' } })
      const other = as({ sub: 'bob', 'carillon:tenant': 'umbrella' })
      const unknown = id.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
      const [foreignTask, unknownTask] = await Promise.all([
        other('GET', `/v1/tasks/${id}`),
        other('GET', `/v1/tasks/${unknown}`),
      ])
      assert.equal(foreignTask.status, 404)
      assert.equal(JSON.stringify(foreignTask.body).replaceAll(id, unknown), JSON.stringify(unknownTask.body))
      const cancel = await other('POST', `/v1/tasks/${id}/cancel`)
      assert.equal(cancel.status, 404)
      const list = await other('GET', '/v1/tasks')
      assert.deepEqual(list.body.items, [])
    },
  },
  {
    name: 'a request without a token, or with one that is forged, expired or for another audience, is refused',
    run: async (scene) => {
      const tokens = [
        undefined,
        scene.issuer.forgery(),
        scene.issuer.token({ aud: 'another-audience' }),
        scene.issuer.token({ exp: Math.floor(Date.now() / 1_000) - 60 }),
      ]
      for (const token of tokens) assert.equal((await scene.with(token)('GET', '/v1/health')).status, 401)
      assert.equal((await scene.as()('GET', '/v1/health')).status, 200)
    },
  },
  {
    name: 'an id in a path may be escaped, and an escaped slash does not lead to another route',
    run: async ({ create, as }) => {
      const { id } = await create({ type: 'e2e.echo', input: { word: 'escaped' } })
      const alice = as()
      const escaped = `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`
      assert.equal((await alice('GET', `/v1/tasks/${escaped}`)).body.id, id)
      assert.equal((await alice('GET', `/v1/tasks/${id}%2Fnone`)).status, 404)
    },
  },
  {
    name: 'a caller with only the scope carillon/read cannot create a task',
    run: async ({ as }) => {
      const reader = as({ scope: 'carillon/read' })
      assert.equal((await reader('GET', '/v1/task-types')).status, 200)
      assert.equal((await reader('POST', '/v1/tasks', { type: 'e2e.echo', input: { word: 'no' } })).status, 403)
    },
  },
]
