import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { verdictTable } from '../../../canary/assumptions.ts'
import { CANARY_TENANT, runCanary } from '../../../canary/run.ts'
import { FULL } from '../../../canary/scenarios.ts'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'

const time = { now: Date.now, sleep: (ms: number) => sleep(ms) }
const say = () => {}

/** The canary, with fewer tasks. The emulator is one process, so only rules are checked here, and no times. */
export const canaryCases: readonly Case<Scene>[] = [
  {
    name: 'the canary runs all of its scenarios for its own tenant, and leaves no open task',
    run: async ({ as }) => {
      const call = as({ 'carillon:tenant': CANARY_TENANT, scope: 'carillon/write' })
      const sizes = { ...FULL, nearCount: 3, nearMs: 10_000, herdCount: 30, herdMs: 15_000, killLane: 'brief' }
      const { facts, faults, tag } = await runCanary({ call, time, say }, sizes)
      console.log(verdictTable(facts))
      assert.deepEqual(faults, [])
      assert.equal(facts.tasksOfOneKey, 1)
      assert.equal(facts.killedAttempts, 2)
      assert.equal(facts.herd?.count, 30)
      assert.ok((facts.mostAtGate ?? 3) <= 2)
      assert.ok(Math.min(...(facts.near ?? [-1]), ...facts.herd.lateness) >= 0, 'no task starts early')
      const open = await call('GET', `/v1/tasks?tag=${tag}&state=scheduled`)
      assert.deepEqual(open.body.items, [])
    },
  },
  {
    name: 'the canary refuses the token of another tenant before it writes',
    run: async ({ as }) => {
      const asked: string[] = []
      const alice = as()
      const call: typeof alice = (method, path, ...rest) => {
        asked.push(method)
        return alice(method, path, ...rest)
      }
      await assert.rejects(runCanary({ call, time, say }, FULL), /belong to tenant "acme"/)
      assert.deepEqual(asked, ['GET'])
    },
  },
]
