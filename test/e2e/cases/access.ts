import assert from 'node:assert/strict'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'

/**
 * Who may see and do what. The emulator's JWT authorizer is the real thing: signature against the issuer's published
 * keys, issuer, audience and expiry. Its IAM authorizer takes any signature for good, so IAM in front of the API is not
 * exercised here; IAM behind it is: the emulator runs with policies enforced, and every function under its own role.
 */
export const accessCases: readonly Case<Scene>[] = [
  {
    says: "another tenant's task answers 404, word for word like a task that does not exist",
    run: async ({ create, as }) => {
      const { id } = await create({ type: 'e2e.echo', input: { word: 'private' } })
      const other = as({ sub: 'bob', 'carillon:tenant': 'umbrella' })
      const unknown = id.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
      const [theirs, nobodys] = await Promise.all([other('GET', `/v1/tasks/${id}`), other('GET', `/v1/tasks/${unknown}`)])
      assert.equal(theirs.status, 404)
      assert.equal(JSON.stringify(theirs.body).replaceAll(id, unknown), JSON.stringify(nobodys.body))
      const cancel = await other('POST', `/v1/tasks/${id}/cancel`)
      assert.equal(cancel.status, 404)
      const list = await other('GET', '/v1/tasks')
      assert.deepEqual(list.body.items, [])
    },
  },
  {
    says: 'nobody gets in without a token, with a forged one, one for another audience, or an expired one',
    run: async (scene) => {
      const tokens = [
        undefined,
        scene.issuer.forgery(),
        scene.issuer.token({ aud: 'somebody-else' }),
        scene.issuer.token({ exp: Math.floor(Date.now() / 1_000) - 60 }),
      ]
      for (const token of tokens) assert.equal((await scene.with(token)('GET', '/v1/health')).status, 401)
      assert.equal((await scene.as()('GET', '/v1/health')).status, 200)
    },
  },
  {
    says: 'who may only read creates nothing',
    run: async ({ as }) => {
      const reader = as({ scope: 'carillon/read' })
      assert.equal((await reader('GET', '/v1/task-types')).status, 200)
      assert.equal((await reader('POST', '/v1/tasks', { type: 'e2e.echo', input: { word: 'no' } })).status, 403)
    },
  },
]
