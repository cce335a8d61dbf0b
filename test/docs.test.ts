import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  eventTable,
  HANDLERS,
  HOW_IT_WORKS,
  OPERATING,
  stateDiagram,
  TASKS,
  TESTING,
  withFiles,
  withGenerated,
} from '../docs/generate.ts'

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
].filter((path) => path.endsWith('.md'))

test('the diagram in the docs is the one that the table of transitions draws (npm run docs writes it)', () => {
  const page = readFileSync(HOW_IT_WORKS, 'utf8')
  expect(withGenerated(page, 'states', stateDiagram())).toBe(page)
})

test('the table of events in the docs is the one that the code knows (npm run docs writes it)', () => {
  const page = readFileSync(OPERATING, 'utf8')
  expect(withGenerated(page, 'events', eventTable())).toBe(page)
})

test.each([TESTING, HANDLERS, TASKS])('the examples in %s are the files that tests run (npm run docs writes them)', (path) => {
  const page = readFileSync(path, 'utf8')
  expect(page.match(/^```ts file=/gm)?.length).toBeGreaterThanOrEqual(1)
  expect(withFiles(page)).toBe(page)
})

describe('links between pages lead somewhere', () => {
  test.each(pages)('%s', (path) => {
    const links = [...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) =>
      join(dirname(path), link ?? ''),
    )
    const broken = links.filter((link) => !exists(link))
    expect(broken).toEqual([])
  })
})

describe('links to a part of a page name a heading that is there', () => {
  test.each(pages)('%s', (path) => {
    const links = [...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)]
    const broken = links.filter(([, page, part]) => !headingsOf(page ? join(dirname(path), page) : path).includes(part ?? ''))
    expect(broken.map(([link]) => link)).toEqual([])
  })
})

/** The headings of a page as they stand in links: GitHub's rule. */
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
