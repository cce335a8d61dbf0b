import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/** The rules of the source code. Change a rule here, or keep it. */

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => /\.(ts|tsx)$/.test(path) && existsSync(path)) // one that is deleted may still be tracked
const source = (path: string): string => readFileSync(path, 'utf8')
const sources = tracked.filter((path) => !path.startsWith('test/') && !path.startsWith('bench/') && path !== 'vitest.config.ts')

/** What each folder may import: a prefix of a path in the sources, or of a package's name. The longest matching folder counts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'index.ts': ['core/define.ts'],
  'core/': ['core/', 'zod'],
  'engine/': ['core/', 'engine/', 'zod', 'node:crypto', 'node:util'],
  'api/': ['api/', 'core/', 'engine/', 'zod', 'node:crypto'],
  // The only folder that the client, the command line and the console share with the API.
  'api/schemas/': ['api/schemas/', 'core/', 'zod'],
  // Data without imports, so that infrastructure code can read it.
  'api/routes/': ['api/routes/', 'api/http/request.ts'],
  'handlers/': [
    'handlers/',
    'core/define.ts',
    'core/limits.ts',
    'core/duration.ts',
    'core/reading/json.ts',
    'zod',
    'node:',
    '@aws-sdk/',
    'ipaddr.js',
  ],
  'worlds/aws/': ['worlds/aws/', 'core/', 'engine/world.ts', 'engine/message.ts', '@aws-sdk/', 'node:', 'zod'],
  'worlds/memory/': ['worlds/memory/', 'core/', 'engine/world.ts', 'engine/message.ts', 'node:'],
  // What every world in a Node process shares: it isolates the process from handlers.
  'worlds/node/': ['worlds/node/', 'engine/', 'core/', 'node:'],
  'worlds/local/': ['worlds/local/', 'worlds/memory/', 'worlds/node/', 'engine/', 'api/', 'core/', 'node:', 'zod'],
  // The one place where the local world meets the registry; everywhere else it is passed in.
  'worlds/local/main.ts': ['worlds/local/', 'handlers/', 'core/', 'node:'],
  // The local world again, in virtual time.
  'testing/': ['testing/', 'worlds/local/', 'worlds/memory/', 'worlds/node/', 'engine/', 'api/', 'core/', 'node:util', 'zod'],
  'worlds/sim/': ['worlds/sim/', 'worlds/memory/', 'engine/', 'api/', 'core/', 'node:', 'zod'],
  'functions/': [
    'functions/',
    'api/',
    'engine/',
    'worlds/aws/',
    'worlds/node/',
    'handlers/',
    'core/',
    '@middy/',
    '@aws-lambda-powertools/',
    'aws-lambda',
    '#handlers',
  ],
  'lib/': [
    'lib/',
    'aws-cdk-lib',
    'constructs',
    'cdk-nag',
    'zod',
    'worlds/aws/env.ts',
    'worlds/aws/dynamo/table.ts',
    'worlds/aws/verbs.ts',
    'engine/world.ts',
    'core/limits.ts',
    'core/lanes.ts',
    'core/duration.ts',
    'core/defined.ts',
    'core/reading/',
    'core/refusal.ts',
    'core/row/key.ts',
    'core/consequences.ts',
    'engine/needs.ts',
    'api/routes/',
    'node:path',
    'node:url',
    'node:fs',
  ],
  'docs/': ['docs/', 'canary/assumptions.ts', 'core/', 'engine/report.ts', 'engine/unarmed.ts', 'worlds/aws/dynamo/', 'node:fs'],
  'canary/': [
    'canary/',
    'core/define.ts',
    'core/reading/json.ts',
    'core/refusal.ts',
    'worlds/aws/dynamo/table.ts',
    'zod',
    'node:',
    'aws4fetch',
    '@aws-sdk/',
  ],
  'bin/': ['lib/', 'aws-cdk-lib', 'cdk-nag', 'core/', 'node:'],
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|(?:^|[^.\w])import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g

const importsOf = (path: string): readonly string[] =>
  [...source(path).matchAll(IMPORT)].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? ''
    return name.startsWith('.') ? normalize(join(dirname(path), name)) : name
  })

const imports = new Map(sources.map((path) => [path, importsOf(path)]))

/** Files of the sources that import a file. */
const importersOf = (path: string): readonly string[] => sources.filter((other) => imports.get(other)?.includes(path))

/** Groups of files each of which leads to every other by imports (strongly connected components; source: Tarjan, 1972). */
const cycles = (): readonly (readonly string[])[] => {
  const found: string[][] = []
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const open: string[] = []
  const visit = (path: string): void => {
    order.set(path, order.size)
    low.set(path, order.size - 1)
    open.push(path)
    for (const next of (imports.get(path) ?? []).filter((it) => imports.has(it))) {
      if (!order.has(next)) visit(next)
      if (open.includes(next)) low.set(path, Math.min(low.get(path) ?? 0, low.get(next) ?? 0))
    }
    if (low.get(path) !== order.get(path)) return
    const cycle = open.splice(open.indexOf(path))
    if (cycle.length > 1) found.push(cycle.sort())
  }
  for (const path of sources) if (!order.has(path)) visit(path)
  return found
}

const lawFor = (path: string): readonly string[] | undefined => {
  const folder = Object.keys(MAY_IMPORT)
    .filter((prefix) => path.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0]
  return folder === undefined ? undefined : MAY_IMPORT[folder]
}

describe('imports', () => {
  test.each(sources)('%s imports only what its folder may', (path) => {
    const law = lawFor(path)
    expect(law, `${path} is in no folder of this list`).toBeDefined()
    expect(importsOf(path).filter((name) => !law?.some((allowed) => name.startsWith(allowed)))).toEqual([])
  })

  test('core uses no clock, no random numbers and no environment', () => {
    const impure = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bawait\b|\bsetTimeout\b|\bcrypto\b/
    expect(sources.filter((path) => path.startsWith('core/') && impure.test(withoutComments(source(path))))).toEqual([])
  })

  test('no imports form a cycle, type imports included', () => {
    expect(cycles()).toEqual([])
  })

  test("engine reads no clock but its world's", () => {
    const impure = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bsetTimeout\b/
    expect(sources.filter((path) => path.startsWith('engine/') && impure.test(withoutComments(source(path))))).toEqual([])
  })
})

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')

/** Where small files with one importer are right: each is one of many alike, and its folder is the list of them. */
const OWN_CONCEPTS: readonly { readonly files: RegExp; readonly why: string }[] = [
  { files: /^core\/\w+\/kind\.ts$/, why: 'the definition of one kind of row, which the registry imports' },
  { files: /^core\/recurrence\/\w+\.ts$/, why: 'one form of recurrence in each file' },
  { files: /^functions\/dead-letter-event\.ts$/, why: 'the format of AWS for a dead letter, beside sqs-batch and stream-batch' },
  { files: /^lib\/dead-letters\.ts$/, why: 'a resource of its own, as each file of lib' },
  { files: /^worlds\/aws\//, why: 'one AWS service in each file, and one part of DynamoDB in each file of dynamo/' },
  { files: /^api\/schemas\//, why: 'the schemas of one resource, which clients import without the API' },
  { files: /^api\/routes\//, why: 'the routes of one resource, which the index lists' },
  { files: /^worlds\/sim\/checkers\//, why: 'one law of the simulator in each file' },
]

/** Files that parse texts with `JSON.parse`, because Carillon or AWS itself has written these texts. */
const OWN_JSON: readonly { readonly files: RegExp; readonly why: string }[] = [
  { files: /^core\/reading\/json\.ts$/, why: 'the reader of all texts from outside' },
  { files: /^core\/row\/nudge\.ts$/, why: 'a message that Carillon has sent; any other is quarantined' },
  {
    files: /^(api\/tasks\/get|engine\/payload|engine\/execute\/(notes|outcome))\.ts$/,
    why: 'a document, written as JSON of a value',
  },
  { files: /^worlds\/(memory|sim|aws\/dynamo)\//, why: 'a stored row, or an answer of the API in the simulator' },
  { files: /^api\/http\/pagination\.ts$/, why: 'a cursor, which is a checksummed tuple' },
  { files: /^functions\/dead-letter-event\.ts$/, why: 'a message of Lambda about a dead batch' },
  { files: /^(testing\/tenant-client|canary\/caller)\.ts$/, why: 'an answer of the API' },
]

test('a text from outside is read by readJson only: JSON.parse changes numbers and drops repeated fields without an error', () => {
  const parsing = sources.filter((path) => withoutComments(source(path)).includes('JSON.parse('))
  expect(parsing.filter((path) => !OWN_JSON.some(({ files }) => files.test(path)))).toEqual([])
})

describe('files', () => {
  const lines = (path: string): number => source(path).split('\n').length

  test('none is longer than 300 lines, but the list of all bounds', () => {
    expect(
      tracked.filter((path) => lines(path) > 300 && path !== 'core/limits.ts').map((path) => `${path}: ${lines(path)}`),
    ).toEqual([])
  })

  test('a file under 40 lines with a single importer belongs to that importer, unless it is a concept of its own', () => {
    const isExempt = (path: string) => OWN_CONCEPTS.some(({ files }) => files.test(path))
    const small = sources.filter((path) => lines(path) < 40 && importersOf(path).length === 1)
    expect(small.filter((path) => !isExempt(path))).toEqual([])
  })

  test('no file name is a word without meaning, such as util or helper', () => {
    expect(tracked.filter((path) => /(^|[/.-])(utils?|helpers?|managers?|common|misc|stuff)([/.-]|$)/i.test(path))).toEqual([])
  })
})

describe('words', () => {
  const offenders = (pattern: RegExp, paths: readonly string[]): readonly string[] =>
    paths.filter((path) => path !== 'test/architecture.test.ts' && pattern.test(source(path)))

  test('no file contains a TODO or a similar mark', () =>
    expect(offenders(/\b(TODO|FIXME|XXX|HACK)\b|not implemented/i, tracked)).toEqual([]))
  test('no sentence uses a pronoun such as somebody, nobody or whoever', () =>
    expect(offenders(/\b(whoever|somebody|nobody|anybody|everybody)\b/i, sources)).toEqual([]))
  test('no check is switched off', () =>
    expect(offenders(/@ts-(ignore|expect-error|nocheck)|\b(test|describe|it)\.(skip|only)\(/, tracked)).toEqual([]))
  test('classes live in worlds only', () =>
    expect(
      offenders(
        /(^|\n)\s*(export\s+)?(abstract\s+)?class\s/,
        sources.filter((path) => !path.startsWith('worlds/') && !path.startsWith('lib/')),
      ),
    ).toEqual([]))
  test('AWS calls no handler by a default export', () => expect(offenders(/(^|\n)export default/, sources)).toEqual([]))
})
