import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, inject, test } from 'vitest'
import { run } from './in-process.ts'

interface Position {
  readonly line: number
  readonly column: number
}

interface Mutant {
  readonly id: string
  readonly fileName: string
  readonly start: Position
  readonly end: Position
  readonly replacement: string
}

/** A test file that reaches a mutant: while it is loaded, or in some of its tests. */
interface Reach {
  readonly path: string
  readonly ms: number
  readonly onLoad: boolean
  readonly tests: ReadonlySet<string>
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly mutants: readonly Mutant[]
    readonly tests: readonly string[]
    /** The survivors of the last run, if only they are judged. */
    readonly again: string | undefined
  }
}

const SURVIVORS = '.carillon/survivors.txt'
const LEAST_PERCENT = 90

// A mutant has to be noticed, not explained: few runs of each property, and no search for the smallest example.
fc.configureGlobal({ numRuns: 10, endOnFailure: true, seed: 1 })

const reachesOf = async (paths: readonly string[]): Promise<ReadonlyMap<string, readonly Reach[]>> => {
  const found = new Map<string, Reach[]>()
  for (const path of paths) {
    const start = performance.now()
    const { failure, reachedBy } = await run(path, { fresh: true })
    const ms = performance.now() - start
    expect(failure, `${path} fails without a mutant`).toBeUndefined()
    for (const id of new Set([...reachedBy.values()].flatMap((ids) => [...ids]))) {
      const tests = new Set([...reachedBy.keys()].filter((place) => reachedBy.get(place)?.has(id)))
      found.set(id, [...(found.get(id) ?? []), { path, ms, onLoad: tests.has(path), tests }])
    }
  }
  return found
}

/** Whether a test notices the mutant. The fastest files are tried first. */
const isKilled = async (mutant: string, reaches: readonly Reach[]): Promise<boolean> => {
  for (const { path, onLoad, tests } of reaches.toSorted((a, b) => a.ms - b.ms)) {
    const { failure } = await run(path, { mutant, fresh: onLoad, wanted: onLoad ? undefined : tests })
    if (failure !== undefined) return true
  }
  return false
}

const groupOf = ({ fileName }: Mutant): string => relative('.', fileName).split('/').slice(0, 2).join('/')

/** The original text and the replacement. */
const changeOf = ({ fileName, start, end, replacement }: Mutant): string => {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line, end.line + 1)
  const original = [...lines.slice(0, -1), lines.at(-1)?.slice(0, end.column) ?? ''].join('\n').slice(start.column)
  const short = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 160)
  return `\t${short(original)}\t→\t${short(replacement)}\n`
}

/** The line of a survivor in the file of survivors: place, original and replacement. */
const lineOf = (mutant: Mutant): string => {
  const { fileName, start } = mutant
  return `${relative('.', fileName)}:${start.line + 1}:${start.column + 1}${changeOf(mutant)}`
}

/** The file of a survivor, and its change. The line may be another one since the last run. */
const keyOf = (line: string): string => line.replace('not reached ', '').replace(/:\d+:\d+(?=\t)/, '')

const mutants = inject('mutants')
const survivors: Mutant[] = []

beforeAll(async () => {
  const reaches = await reachesOf(inject('tests'))
  mkdirSync('.carillon', { recursive: true })
  const again = inject('again')?.split('\n').map(keyOf)
  const judged = mutants.filter((mutant) => again?.includes(keyOf(lineOf(mutant).trimEnd())) ?? true)
  writeFileSync(SURVIVORS, '')
  for (const mutant of judged) {
    if (await isKilled(mutant.id, reaches.get(mutant.id) ?? [])) continue
    survivors.push(mutant)
    writeFileSync(SURVIVORS, `${reaches.has(mutant.id) ? '' : 'not reached '}${lineOf(mutant)}`, { flag: 'a' })
  }
  console.log(`${survivors.length} of ${mutants.length} mutants survive; they are in ${SURVIVORS}`)
}, 0)

for (const [group, of = []] of Object.entries(Object.groupBy(mutants, groupOf)))
  test(`${group} notices at least ${LEAST_PERCENT} % of its mutants`, () => {
    const lost = survivors.filter((mutant) => groupOf(mutant) === group).length
    const percent = 100 - (100 * lost) / of.length
    console.log(`${percent.toFixed(1)} % ${group}: ${lost} of ${of.length} survive`)
    expect(percent).toBeGreaterThanOrEqual(LEAST_PERCENT)
  })
