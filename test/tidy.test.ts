import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/** The laws of the house. A rule is changed here or obeyed, not worked round. */

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => /\.(ts|tsx)$/.test(path))
const source = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // deleted but not yet committed
  }
}
const house = tracked.filter((path) => !path.startsWith('test/') && !path.startsWith('bench/') && path !== 'vitest.config.ts')

/** What each folder may import: a prefix of a path in the house, or of a package's name. The longest matching folder counts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'index.ts': ['core/define.ts'],
  'core/': ['core/', 'zod'],
  'engine/': ['core/', 'engine/', 'zod', 'node:crypto', 'node:util'],
  'handlers/': ['handlers/', 'core/define.ts', 'core/limits.ts', 'core/duration.ts', 'zod', 'node:', '@aws-sdk/', 'ipaddr.js'],
  'worlds/aws/': ['worlds/aws/', 'core/', 'engine/world.ts', 'engine/message.ts', '@aws-sdk/', 'node:', 'zod'],
  'worlds/memory/': ['worlds/memory/', 'core/', 'engine/world.ts', 'engine/message.ts', 'node:'],
  'worlds/local/': ['worlds/local/', 'worlds/memory/', 'engine/', 'core/', 'node:'],
  // The one place where the local world meets the registry; everywhere else it is passed in.
  'worlds/local/main.ts': ['worlds/local/', 'handlers/', 'core/', 'node:'],
  // The local world again, in virtual time.
  'worlds/hand/': ['worlds/hand/', 'worlds/local/', 'worlds/memory/', 'engine/', 'core/', 'node:util', 'zod'],
  'worlds/sim/': ['worlds/sim/', 'worlds/memory/', 'engine/', 'core/', 'node:', 'zod'],
  'functions/': [
    'functions/',
    'engine/',
    'worlds/aws/',
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
    'worlds/aws/env.ts',
    'worlds/aws/table.ts',
    'worlds/aws/verbs.ts',
    'engine/world.ts',
    'core/limits.ts',
    'core/lanes.ts',
    'core/duration.ts',
    'core/key.ts',
    'core/consequences.ts',
    'engine/needs.ts',
    'engine/api/routes.ts',
    'node:path',
    'node:url',
    'node:fs',
  ],
  'docs/': ['core/', 'engine/report.ts', 'node:fs'],
  'bin/': ['lib/', 'aws-cdk-lib', 'cdk-nag', 'core/', 'node:'],
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|(?:^|[^.\w])import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g

const importsOf = (path: string): readonly string[] =>
  [...source(path).matchAll(IMPORT)].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? ''
    return name.startsWith('.') ? normalize(join(dirname(path), name)) : name
  })

const lawFor = (path: string): readonly string[] | undefined => {
  const folder = Object.keys(MAY_IMPORT)
    .filter((prefix) => path.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0]
  return folder === undefined ? undefined : MAY_IMPORT[folder]
}

describe('imports', () => {
  test.each(house)('%s imports only what its folder may', (path) => {
    const law = lawFor(path)
    expect(law, `${path} lies in no folder of the house`).toBeDefined()
    expect(importsOf(path).filter((name) => !law?.some((allowed) => name.startsWith(allowed)))).toEqual([])
  })

  test('core knows no time, chance or environment', () => {
    const impure = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bawait\b|\bsetTimeout\b|\bcrypto\b/
    expect(house.filter((path) => path.startsWith('core/') && impure.test(withoutComments(source(path))))).toEqual([])
  })

  test("engine reads no clock but its world's", () => {
    const impure = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bsetTimeout\b/
    expect(house.filter((path) => path.startsWith('engine/') && impure.test(withoutComments(source(path))))).toEqual([])
  })
})

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')

describe('files', () => {
  const lines = (path: string): number => source(path).split('\n').length

  test('none is longer than 300 lines', () => {
    expect(tracked.filter((path) => lines(path) > 300).map((path) => `${path}: ${lines(path)}`)).toEqual([])
  })

  test('half of them have at most 70', () => {
    const sizes = house.map(lines).sort((a, b) => a - b)
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(70)
  })

  test('no name says nothing', () => {
    expect(tracked.filter((path) => /(^|[/.-])(utils?|helpers?|managers?|common|misc|stuff)([/.-]|$)/i.test(path))).toEqual([])
  })
})

describe('words', () => {
  const offenders = (pattern: RegExp, paths: readonly string[]): readonly string[] =>
    paths.filter((path) => path !== 'test/tidy.test.ts' && pattern.test(source(path)))

  test('no promise is left in a comment', () =>
    expect(offenders(/\b(TODO|FIXME|XXX|HACK)\b|not implemented/i, tracked)).toEqual([]))
  test('no check is switched off', () =>
    expect(offenders(/@ts-(ignore|expect-error|nocheck)|\b(test|describe|it)\.(skip|only)\(/, tracked)).toEqual([]))
  test('classes live in worlds only', () =>
    expect(
      offenders(
        /(^|\n)\s*(export\s+)?(abstract\s+)?class\s/,
        house.filter((path) => !path.startsWith('worlds/') && !path.startsWith('lib/')),
      ),
    ).toEqual([]))
  test('AWS calls no handler by a default export', () => expect(offenders(/(^|\n)export default/, house)).toEqual([]))
})
