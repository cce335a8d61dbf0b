import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Local, startLocal } from '../../worlds/local/index.ts'
import { run, start, stopAll } from '../e2e/programs.ts'
import { types } from './types.ts'

/**
 * `npm run fuzz -- --cases 20000 --seed 1`: Schemathesis generates requests from the OpenAPI document of a local server, valid and
 * invalid ones. A 5xx, a status that the document does not have, an answer that violates its schema, an invalid request that is
 * accepted, or an error in the log of the server makes the run fail. Runs with consecutive seeds follow until there were enough cases.
 */

const REPO = join(import.meta.dirname, '../..')
const VENV = join(REPO, '.venv/fuzz')
const PACKAGE = 'schemathesis==4.32.5'
// Written last, so that an interrupted installation is repeated.
const MARK = join(VENV, `installed-${PACKAGE}`)

/** Valid requests may be refused: names of types and lanes depend on the deployment. The local server does not authenticate. */
const EXCLUDED = 'positive_data_acceptance,ignored_auth,object_level_authorization'
/** Generated cases of each operation in one run. */
const EXAMPLES = 100

const install = async (logFile: string): Promise<void> => {
  if (existsSync(MARK)) return
  await run('python3', ['-m', 'venv', VENV], { env: plainEnv(), logFile })
  await run(join(VENV, 'bin/pip'), ['install', '--quiet', PACKAGE], { env: plainEnv(), logFile })
  writeFileSync(MARK, PACKAGE)
}

const plainEnv = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))

const post = async ({ url }: Local, path: string, body: object): Promise<string> => {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { id } = (await answer.json()) as { id?: string }
  if (id === undefined) throw new Error(`POST ${path} answered ${answer.status}`)
  return id
}

/** The ids of tasks in several states and of bulk operations, for the hooks of Schemathesis. */
const known = async (local: Local): Promise<Record<string, string>> => {
  const task = (more: object) => post(local, '/v1/tasks', { type: 'http', input: 1, ...more })
  const of = (more: object) => Promise.all(Array.from({ length: 10 }, () => task(more)))
  const tasks = await Promise.all([of({}), of({ delay: '1d' }), of({ ready: false }), of({ type: 'broken' })])
  const operation = () => post(local, '/v1/operations', { action: 'hold', filter: { tag: 'none' }, reason: 'fuzz' })
  const operations = await Promise.all([operation(), operation(), operation()])
  return { FUZZ_TASKS: tasks.flat().join(), FUZZ_OPERATIONS: operations.join() }
}

type Report = { readonly test_cases: { readonly generated: number }; readonly exit_code: number }

/** One run of Schemathesis; returns its number of cases. */
const fuzz = async (local: Local, seed: number, scratch: string, env: Record<string, string>): Promise<number> => {
  const report = join(scratch, `report-${seed}.json`)
  const logFile = join(scratch, `schemathesis-${seed}.log`)
  const options = ['--exclude-checks', EXCLUDED, '--seed', `${seed}`, '--max-examples', `${EXAMPLES}`, '--no-color']
  const args = [
    '--config-file',
    join(import.meta.dirname, 'schemathesis.toml'),
    'run',
    `${local.url}/v1/openapi.json`,
    ...options,
  ]
  const hooks = { SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: '1' }
  const program = start(join(VENV, 'bin/st'), [...args, '--continue-on-failure', '--report-json-path', report], {
    env: { ...plainEnv(), ...env, ...hooks },
    cwd: scratch,
    logFile,
  })
  const code = await program.exited
  if (code !== 0) throw new Error(`seed ${seed}: Schemathesis ended with ${code}\n${readFileSync(logFile, 'utf8').slice(-8_000)}`)
  const { test_cases: cases } = JSON.parse(readFileSync(report, 'utf8')) as Report
  return cases.generated
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { cases: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
  })
  const scratch = mkdtempSync(join(tmpdir(), 'carillon-fuzz-'))
  const errors: string[] = []
  const log = {
    info: () => {},
    warn: () => {},
    error: (message: string, fields = {}) => void errors.push(`${message} ${JSON.stringify(fields)}`),
  }
  await install(join(scratch, 'install.log'))
  const local = await startLocal({ types, port: 0, data: scratch, log })
  try {
    const env = await known(local)
    let seen = 0
    for (let seed = Number(values.seed); seen < Number(values.cases); seed++) {
      seen += await fuzz(local, seed, scratch, env)
      // A failed task is an error in the log, and tasks of type `broken` fail.
      const unexpected = errors.filter((line) => !line.startsWith('task.'))
      if (unexpected.length > 0) throw new Error(`seed ${seed}: the server has logged\n${unexpected.join('\n').slice(0, 8_000)}`)
      console.log(`seed ${seed}: ${seen} cases without a failure`)
    }
    rmSync(scratch, { recursive: true })
  } finally {
    await local.stop(0)
    await stopAll()
  }
}

await main()
