import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { CarillonStack } from '../lib/stack.ts'

/**
 * Size of one function's bundle, and the time of its import at a cold start: the median of several fresh processes, and the
 * least, which is more reliable on a busy machine.
 */
export type Bundle = { readonly name: string; readonly bytes: number; readonly importMs: number; readonly leastImportMs: number }

/** Fresh processes for each bundle. The count is odd, so the median is one of them. */
const PROCESSES = 9

/** Bundles all functions as `cdk synth` does and measures each. Processes run one after the other, so they do not disturb each other. */
export const measureBundles = (): readonly Bundle[] => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bundles-'))
  try {
    return bundlesIn(folder).map(({ name, file }) => {
      const times = Array.from({ length: PROCESSES }, () => importMs(file)).sort((a, b) => a - b)
      return { name, bytes: statSync(file).size, importMs: nth(times, (PROCESSES - 1) / 2), leastImportMs: nth(times, 0) }
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Resource = {
  readonly Type: string
  readonly Properties: {
    readonly Code: { readonly S3Key: string }
    readonly Environment: { readonly Variables: Record<string, unknown> }
  }
}

const bundlesIn = (outdir: string) => {
  const app = new App({ outdir })
  const stack = new CarillonStack(app, 'Bundles')
  const { Resources } = app.synth().getStackArtifact(stack.artifactId).template as { Resources: Record<string, Resource> }
  const files = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(
      ({ Properties: { Code, Environment } }) =>
        [
          String(Environment.Variables.POWERTOOLS_SERVICE_NAME).replace('carillon-', ''),
          join(outdir, `asset.${basename(Code.S3Key, '.zip')}`, 'index.js'),
        ] as const,
    )
  // All lanes share one executor bundle.
  return [...new Map(files)].map(([name, file]) => ({ name, file }))
}

/** The variables that a function needs to be loaded. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  CARILLON_TABLE: 'carillon',
  CARILLON_QUEUES: '{}',
  CARILLON_RETENTION_MS: '1',
  CARILLON_ENVIRONMENT_ID: 'bench',
  CARILLON_LANES: '{}',
}

const importMs = (file: string): number => {
  const code = `const start = performance.now(); require(${JSON.stringify(file)}); console.log(performance.now() - start)`
  return Number(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8', env: { ...process.env, ...ENVIRONMENT } }))
}

const nth = (times: readonly number[], index: number): number => Number((times[index] ?? Number.NaN).toFixed(1))

if (import.meta.main) {
  const bundles = measureBundles()
  console.table(bundles)
  console.log(JSON.stringify(bundles))
}
