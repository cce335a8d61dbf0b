import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessCases } from './cases/access.ts'
import { canaryCases } from './cases/canary.ts'
import { cancelCases } from './cases/cancel.ts'
import { crashCases } from './cases/crash.ts'
import { deadLetterCases } from './cases/dead-letters.ts'
import { deploymentCases } from './cases/deployments.ts'
import { dueCases } from './cases/due.ts'
import { eventCases } from './cases/events.ts'
import { failureCases } from './cases/failure.ts'
import { farCases } from './cases/far.ts'
import { gateCases } from './cases/gate.ts'
import { lostCases } from './cases/lost.ts'
import { onceCases } from './cases/once.ts'
import { runningCases } from './cases/running.ts'
import { seriesCases } from './cases/series.ts'
import { bootstrap, deploy, deploymentOf } from './deploy.ts'
import { installEmulator, startEmulator } from './emulator.ts'
import { startIssuer } from './issuer.ts'
import { stopAll } from './programs.ts'
import { runCases, runInOrder, type Score } from './report.ts'
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
    const deployment = deploymentOf(scratch, issuer.url, 'e2e')
    console.log('cdk bootstrap')
    await bootstrap(emulator, deployment)
    console.log('cdk deploy')
    const { outputs } = await deploy(emulator, deployment)

    const scene = sceneOf(emulator, issuer, outputs)
    // These cases wait for minutes. Meanwhile the many short cases run, then the canary with its herd, and then the other stack is
    // deployed and deleted: one after the other, because the emulator is one process.
    const waiting = runCases(scene, [deadLetterCases, crashCases, lostCases].flat())
    const busy = await runCases(
      scene,
      [
        dueCases,
        farCases,
        onceCases,
        failureCases,
        eventCases,
        cancelCases,
        gateCases,
        runningCases,
        seriesCases,
        accessCases,
      ].flat(),
    )
    const canary = await runCases(scene, canaryCases)
    const other = deploymentOf(scratch, issuer.url, 'e2e-other')
    const deployments = await runInOrder({ emulator, deployment: other, issuer }, deploymentCases)
    const scores = [await waiting, busy, canary, deployments]
    const score = {
      passed: scores.reduce((sum, { passed }) => sum + passed, 0),
      failed: scores.reduce((sum, { failed }) => sum + failed, 0),
    }
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
