import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assumptionTable } from '../canary/assumptions.ts'
import {
  ADDING_A_KIND,
  ASSUMPTIONS,
  eventTable,
  HANDLERS,
  HOW_IT_WORKS,
  LIMITS_ON_AWS,
  OPERATING,
  stateDiagram,
  TASKS,
  TESTING,
  withFiles,
  withGenerated,
  withLimits,
} from '../docs/generate.ts'

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
].filter((path) => path.endsWith('.md'))

test('the diagram of states is generated from the table of transitions (npm run docs writes it)', () => {
  const page = readFileSync(HOW_IT_WORKS, 'utf8')
  expect(withGenerated(page, 'states', stateDiagram())).toBe(page)
})

test('the table of events is generated from the code (npm run docs writes it)', () => {
  const page = readFileSync(OPERATING, 'utf8')
  expect(withGenerated(page, 'events', eventTable())).toBe(page)
})

test('the table of assumptions is that of the canary (npm run docs writes it)', () => {
  const page = readFileSync(ASSUMPTIONS, 'utf8')
  expect(withGenerated(page, 'assumptions', assumptionTable())).toBe(page)
})

test('the tables of partitions and gates are computed from the code (npm run docs writes them)', () => {
  const page = readFileSync(LIMITS_ON_AWS, 'utf8')
  expect(withLimits(page)).toBe(page)
})

test.each([TESTING, HANDLERS, TASKS, ADDING_A_KIND])(
  'the examples in %s are files that tests run (npm run docs writes them)',
  (path) => {
    const page = readFileSync(path, 'utf8')
    expect(page.match(/^```ts file=/gm)?.length).toBeGreaterThanOrEqual(1)
    expect(withFiles(page)).toBe(page)
  },
)

describe('links to pages lead to existing files', () => {
  test.each(pages)('%s', (path) => {
    const links = [...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) =>
      join(dirname(path), link ?? ''),
    )
    const broken = links.filter((link) => !exists(link))
    expect(broken).toEqual([])
  })
})

describe('links to a part of a page lead to an existing heading', () => {
  test.each(pages)('%s', (path) => {
    const links = [...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)]
    const broken = links.filter(([, page, part]) => !headingsOf(page ? join(dirname(path), page) : path).includes(part ?? ''))
    expect(broken.map(([link]) => link)).toEqual([])
  })
})

test('each definition of the glossary has at most two lines', () => {
  const definitions = [...readFileSync('docs/glossary.md', 'utf8').matchAll(/^\| \*\*(.+)\*\* \| (.+) \|$/gm)]
  expect(definitions.length).toBeGreaterThan(15)
  expect(definitions.filter(([, , meaning = '']) => meaning.length > 2 * LINE).map(([, term]) => term)).toEqual([])
})

/** Characters of a line. */
const LINE = 80

/** The headings of a page in the form that links use. Source: GitHub's rule for anchors. */
const headingsOf = (path: string): readonly string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

const exists = (path: string): boolean => {
  try {
    readFileSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR'
  }
}

test('the reading tours name existing files, at most 5 for retry and 12 for a task and for a gate', () => {
  const [, page = ''] = readFileSync(HOW_IT_WORKS, 'utf8').split('## Reading tours')
  const tours = page.split(/^\*\*/m).slice(1)
  const files = tours.map((tour) => [...tour.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path = '']) => path))
  expect(files.map(({ length }) => length)).toEqual([5, 12, 12])
  expect(files.flat().filter((path) => !exists(path))).toEqual([])
})
