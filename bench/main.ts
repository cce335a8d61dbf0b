import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { measureBundles } from './bundles.ts'
import { recovery } from './recovery.ts'
import { type Measure, scenarios } from './scenarios.ts'

/** `npm run bench`: all measured times, as a table and as JSON in `.bench/`. Publish them with the machine. */

const SCENARIOS = fileURLToPath(new URL('scenarios.ts', import.meta.url))
const ISOLATION = fileURLToPath(new URL('isolation.ts', import.meta.url))

/** The flags of `npm start`: a small young generation keeps the process small. */
const NODE_FLAGS = ['--max-semi-space-size=8']

const measured = (program: string, name: string): readonly Measure[] =>
  JSON.parse(
    execFileSync(process.execPath, [...NODE_FLAGS, program, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  ) as Measure[]

const bundles = (): readonly Measure[] =>
  measureBundles().flatMap(({ name, bytes, importMs }) => [
    { name: `bundle ${name}: import`, value: importMs, unit: 'ms', target: '< 150' },
    { name: `bundle ${name}: size`, value: Math.round(bytes / 1024), unit: 'KB' },
  ])

const machine = {
  at: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  load: loadavg()[0],
}
const measures = [
  ...Object.keys(scenarios).flatMap((name) => measured(SCENARIOS, name)),
  ...['none', 'thread'].flatMap((isolate) => measured(ISOLATION, isolate)),
  ...(await recovery()),
  ...bundles(),
]

console.log(machine)
console.table(Object.fromEntries(measures.map(({ name, value, unit, target = '' }) => [name, { value, unit, target }])))
mkdirSync('.bench', { recursive: true })
writeFileSync('.bench/results.json', `${JSON.stringify({ machine, measures }, null, 2)}\n`)
