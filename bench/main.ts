import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { measureBundles } from './bundles.ts'
import { recovery } from './recovery.ts'
import { type Measure, scenarios } from './scenarios.ts'

/** `npm run bench`: all published timings, as a table and as JSON in `.bench/`, with the machine on which they were measured. */

const SCENARIOS = fileURLToPath(new URL('scenarios.ts', import.meta.url))

/** The flags of `npm start`: a small young generation keeps the process small. */
const AS_STARTED = ['--max-semi-space-size=8']

const measured = (name: string): readonly Measure[] =>
  JSON.parse(
    execFileSync(process.execPath, [...AS_STARTED, SCENARIOS, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  ) as Measure[]

const bundles = (): readonly Measure[] =>
  measureBundles().flatMap(({ name, bytes, importMs }) => [
    { what: `bundle ${name}: import`, value: importMs, unit: 'ms', aim: '< 150' },
    { what: `bundle ${name}: size`, value: Math.round(bytes / 1024), unit: 'KB' },
  ])

const machine = {
  at: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  load: loadavg()[0],
}
const measures = [...Object.keys(scenarios).flatMap(measured), ...(await recovery()), ...bundles()]

console.log(machine)
console.table(Object.fromEntries(measures.map(({ what, value, unit, aim = '' }) => [what, { value, unit, aim }])))
mkdirSync('.bench', { recursive: true })
writeFileSync('.bench/results.json', `${JSON.stringify({ machine, measures }, null, 2)}\n`)
