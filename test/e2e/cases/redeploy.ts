import assert from 'node:assert/strict'
import { type Deployment, deploy, type Outputs } from '../deploy.ts'
import type { Emulator } from '../emulator.ts'
import type { Case } from '../report.ts'

type Deployed = { readonly emulator: Emulator; readonly deployment: Deployment; readonly outputs: Outputs }

/** A second deployment. */
export const redeployCases: readonly Case<Deployed>[] = [
  {
    name: 'a second cdk deploy of the unchanged app has no changes',
    run: async ({ emulator, deployment, outputs }) => {
      const again = await deploy(emulator, deployment, 'deploy-again')
      const changes = again.log.split('\n').filter((line) => /(?:CREATE|UPDATE|DELETE)_COMPLETE/.test(line))
      assert.deepEqual(changes, [])
      assert.ok(again.log.includes('(no changes)'), 'the CDK must report no changes')
      assert.deepEqual(again.outputs, outputs)
    },
  },
]
