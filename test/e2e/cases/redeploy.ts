import assert from 'node:assert/strict'
import { type Deployment, deploy, type Outputs } from '../deploy.ts'
import type { Emulator } from '../emulator.ts'
import type { Case } from '../report.ts'

type Deployed = { readonly emulator: Emulator; readonly deployment: Deployment; readonly outputs: Outputs }

/** Deploying once more. */
export const redeployCases: readonly Case<Deployed>[] = [
  {
    says: 'a second cdk deploy of the unchanged app finds nothing to change',
    run: async ({ emulator, deployment, outputs }) => {
      const again = await deploy(emulator, deployment, 'deploy-again')
      const changes = again.said.split('\n').filter((line) => /(?:CREATE|UPDATE|DELETE)_COMPLETE/.test(line))
      assert.deepEqual(changes, [])
      assert.ok(again.said.includes('(no changes)'), 'the CDK must say that there are no changes')
      assert.deepEqual(again.outputs, outputs)
    },
  },
]
