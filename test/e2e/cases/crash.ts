import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'

/** Crashed workers. */
export const crashCases: readonly Case<Scene>[] = [
  {
    name: 'a task runs again after the Lambda process of its executor is killed during the attempt, and finishes exactly once',
    run: async (scene) => {
      // Each worker of a function is a child of the emulator that this test has started. No other process is killed.
      const beacon = await startBeacon(scene.emulator.program.pid)
      try {
        const { id } = await scene.create({ type: 'e2e.linger', input: { beacon: beacon.url } })
        const { output, attempt } = await scene.reaches(id, 'succeeded')
        assert.equal(attempt, 2)
        assert.deepEqual(output, { attempt: 2, answer: 'go on' })
        const row = await scene.row('acme', id)
        assert.equal(row.attempt, 2)
        assert.equal(row.losses, 1)
        assert.equal(row.lease, undefined)
        assert.deepEqual(
          row.history.map(({ state }) => state),
          ['scheduled', 'running', 'running', 'succeeded'],
        )
        assert.equal(new Set(beacon.seen.map(({ pid }) => pid)).size, 2, 'the two attempts must run in two processes')
      } finally {
        beacon.close()
      }
    },
  },
]

type Worker = { readonly pid: number; readonly parent: number; readonly attempt: number }
type Beacon = { readonly url: string; readonly seen: readonly Worker[]; readonly close: () => void }

/** A server that tasks call while they run. It kills the process of the first call and answers later ones. */
const startBeacon = async (parent: number): Promise<Beacon> => {
  const seen: Worker[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const worker = JSON.parse(Buffer.concat(parts).toString()) as Worker
    seen.push(worker)
    if (seen.length > 1) response.end('go on')
    else if (worker.parent === parent) process.kill(worker.pid, 'SIGKILL')
    else response.end(`process ${worker.pid} is not a child of ${parent}, and was left alive`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen, close }
}
