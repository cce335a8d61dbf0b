import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessCases } from './cases/access.ts'
import { cancelCases } from './cases/cancel.ts'
import { crashCases } from './cases/crash.ts'
import { deadLetterCases } from './cases/dead-letters.ts'
import { dueCases } from './cases/due.ts'
import { eventCases } from './cases/events.ts'
import { failureCases } from './cases/failure.ts'
import { farCases } from './cases/far.ts'
import { gateCases } from './cases/gate.ts'
import { lostCases } from './cases/lost.ts'
import { onceCases } from './cases/once.ts'
import { redeployCases } from './cases/redeploy.ts'
import { runningCases } from './cases/running.ts'
import { bootstrap, deploy } from './deploy.ts'
import { installEmulator, startEmulator } from './emulator.ts'
import { startIssuer } from './issuer.ts'
import { LANES } from './lanes.ts'
import { stopAll } from './programs.ts'
import { runCases, type Score } from './report.ts'
import { sceneOf } from './scene.ts'

/**
 * The end-to-end test: the real app, deployed with `cdk deploy` to an emulator of AWS, over HTTP. Exits with 1 if a case or the
 * set-up fails; the logs are then kept, and their folder is printed.
 */
const main = async (): Promise<Score> => {
  const scratch = mkdtempSync(join(tmpdir(), 'carillon-e2e-'))
  console.log(`Logs are in ${scratch}`)
  console.log('Installing ministack into .venv, unless it is there')
  await installEmulator(join(scratch, 'pip.log'))
  const emulator = await startEmulator(scratch)
  console.log(`ministack listens on port ${emulator.port}`)
  const issuer = await startIssuer(emulator.tls)
  try {
    const deployment = { scratch, issuer: issuer.url, lanes: LANES }
    console.log('cdk bootstrap')
    await bootstrap(emulator, deployment)
    console.log('cdk deploy')
    const { outputs } = await deploy(emulator, deployment, 'deploy')

    const scene = sceneOf(emulator, issuer, outputs)
    const cases = [
      dueCases,
      farCases,
      onceCases,
      failureCases,
      eventCases,
      cancelCases,
      gateCases,
      runningCases,
      deadLetterCases,
      crashCases,
      lostCases,
      accessCases,
    ].flat()
    const first = await runCases(scene, cases)
    // Last and alone, because a deployment with changes would disturb the other cases.
    const last = await runCases({ emulator, deployment, outputs }, redeployCases)
    const score = { passed: first.passed + last.passed, failed: first.failed + last.failed }
    await stopAll()
    if (score.failed === 0) rmSync(scratch, { recursive: true, force: true })
    return score
  } finally {
    issuer.close()
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.log(`${signal}: stopping what was started`)
    void stopAll().then(() => process.exit(1))
  })
}

try {
  const { passed, failed } = await main()
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
} catch (error) {
  console.error(error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
} finally {
  await stopAll()
}
