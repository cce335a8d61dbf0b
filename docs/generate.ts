import { readFileSync, writeFileSync } from 'node:fs'
import { assumptionTable } from '../canary/assumptions.ts'
import { type TaskEventName, taskEvents } from '../core/task/event.ts'
import { isOpen, TASK_STATES, transitions } from '../core/task/row.ts'
import { counted } from '../engine/report.ts'
import { gateTable, partitionTable } from './partitions.ts'

/** The state machine of `transitions` as a Mermaid diagram. */
export const stateDiagram = (): string => {
  const edges = new Map<string, string[]>()
  for (const [from, verbs] of Object.entries(transitions)) {
    for (const [verb, targets] of Object.entries(verbs)) {
      for (const to of targets) edges.set(`${from} --> ${to}`, [...(edges.get(`${from} --> ${to}`) ?? []), verb])
    }
  }
  const final = TASK_STATES.filter((state) => !isOpen(state))
  return [
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> scheduled: create',
    '  [*] --> pending: create (not ready)',
    ...[...edges].map(([edge, verbs]) => `  ${edge}: ${verbs.join(', ')}`),
    ...final.map((state) => `  ${state} --> [*]`),
    '```',
  ].join('\n')
}

/** The events of a task: the meaning of each, its metrics, and the levels at which it goes to the event bus. */
export const eventTable = (): string => {
  const ends: readonly string[] = TASK_STATES.filter((state) => !isOpen(state))
  const lines = (Object.entries(taskEvents) as [TaskEventName, string][]).map(([name, means]) => {
    const metrics = (counted[name] ?? []).map((metric) => `\`${metric}\``).join(', ')
    const levels = name === 'quarantined' ? '' : ends.includes(name) ? '`terminal`, `all`' : '`all`'
    return `| \`${name}\` | ${means} | ${metrics} | ${levels} |`
  })
  return ['| event | the task | counted | on the bus at |', '|---|---|---|---|', ...lines].join('\n')
}

/** Replaces the text between the markers of this name; the rest of the page is written by hand. */
export const withGenerated = (page: string, name: string, text: string): string => {
  const [open, close] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`]
  const [start, end] = [page.indexOf(open), page.indexOf(close)]
  if (start < 0 || end < start) throw new Error(`the page has no markers ${open} … ${close}`)
  return `${page.slice(0, start + open.length)}\n${text}\n${page.slice(end)}`
}

/** Replaces each block that names a file by that file, so that a page shows the code that a test runs. */
export const withFiles = (page: string): string =>
  page.replace(/^(```ts file=(\S+)\n)[\s\S]*?^```$/gm, (_, open: string, path: string) => {
    const shown = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
    return `${open}${shown}\`\`\``
  })

export const HOW_IT_WORKS = new URL('how-it-works.md', import.meta.url)

/** The page on limits, with its two computed tables. */
export const withLimits = (page: string): string =>
  withGenerated(withGenerated(page, 'partitions', partitionTable()), 'gates', gateTable())

export const ASSUMPTIONS = new URL('assumptions.md', import.meta.url)
export const LIMITS_ON_AWS = new URL('limits-on-aws.md', import.meta.url)
export const OPERATING = new URL('operating.md', import.meta.url)
export const TESTING = new URL('testing.md', import.meta.url)
export const HANDLERS = new URL('handlers.md', import.meta.url)
export const TASKS = new URL('tasks.md', import.meta.url)
export const ADDING_A_KIND = new URL('adding-a-kind.md', import.meta.url)

if (import.meta.main) {
  writeFileSync(HOW_IT_WORKS, withGenerated(readFileSync(HOW_IT_WORKS, 'utf8'), 'states', stateDiagram()))
  writeFileSync(OPERATING, withGenerated(readFileSync(OPERATING, 'utf8'), 'events', eventTable()))
  writeFileSync(ASSUMPTIONS, withGenerated(readFileSync(ASSUMPTIONS, 'utf8'), 'assumptions', assumptionTable()))
  writeFileSync(LIMITS_ON_AWS, withLimits(readFileSync(LIMITS_ON_AWS, 'utf8')))
  for (const page of [TESTING, HANDLERS, TASKS, ADDING_A_KIND]) writeFileSync(page, withFiles(readFileSync(page, 'utf8')))
}
