import { readFileSync, writeFileSync } from 'node:fs'
import { isOpen, TASK_STATES, transitions } from '../core/task/row.ts'

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

/** Puts a generated text between the markers of its name; the rest of the page is written by people. */
export const withGenerated = (page: string, name: string, text: string): string => {
  const [open, close] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`]
  const [start, end] = [page.indexOf(open), page.indexOf(close)]
  if (start < 0 || end < start) throw new Error(`the page has no markers ${open} … ${close}`)
  return `${page.slice(0, start + open.length)}\n${text}\n${page.slice(end)}`
}

/** Puts files of this repository into the blocks of a page that name them: what is shown is what a test runs. */
export const withFiles = (page: string): string =>
  page.replace(/^(```ts file=(\S+)\n)[\s\S]*?^```$/gm, (_, open: string, path: string) => {
    const shown = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
    return `${open}${shown}\`\`\``
  })

export const HOW_IT_WORKS = new URL('how-it-works.md', import.meta.url)

export const TESTING = new URL('testing.md', import.meta.url)

if (import.meta.main) {
  writeFileSync(HOW_IT_WORKS, withGenerated(readFileSync(HOW_IT_WORKS, 'utf8'), 'states', stateDiagram()))
  writeFileSync(TESTING, withFiles(readFileSync(TESTING, 'utf8')))
}
