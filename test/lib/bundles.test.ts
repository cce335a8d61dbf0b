import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { afterAll, describe, expect, test } from 'vitest'
import { CarillonStack } from '../../lib/stack.ts'
import { resourcesOf } from './synth.ts'

const folder = mkdtempSync(join(tmpdir(), 'carillon-bundles-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const handlers = join(folder, 'mine.ts')
writeFileSync(handlers, `export const types = [{ name: 'peal-of-bells', input: {}, run: () => 'ding' }]`)

/** Bundles a stack; returns the asset of each function by the function's logical id. */
const bundled = (name: string): Readonly<Record<string, string>> => {
  const outdir = join(folder, name)
  const stack = new CarillonStack(new App({ outdir, builtinCloudFormationValidation: false }), 'Test', { handlers })
  const functions = Object.entries(resourcesOf(Template.fromStack(stack), 'AWS::Lambda::Function'))
  return Object.fromEntries(functions.map(([id, { Properties }]) => [id, `asset.${basename(Properties.Code.S3Key, '.zip')}`]))
}

const first = bundled('first')
const codeOf = (id: RegExp): string => {
  const [, asset = ''] = Object.entries(first).find(([name]) => id.test(name)) ?? []
  return readFileSync(join(folder, 'first', asset, 'index.js'), 'utf8')
}

describe('the bundles', () => {
  test('are equal in two builds, so that a second deployment changes nothing', () => expect(bundled('second')).toEqual(first))

  test('of all lanes are one asset', () =>
    expect(
      new Set(
        Object.entries(first)
          .filter(([id]) => id.startsWith('CarillonExecutor'))
          .map(([, asset]) => asset),
      ).size,
    ).toBe(1))

  test.each([
    ['executors', /^CarillonExecutornormal/],
    ['the API', /^CarillonApi/],
  ])('of %s contain the given handlers', (_, id) => expect(codeOf(id)).toContain('peal-of-bells'))

  test('do not contain other handlers', () =>
    expect(codeOf(/^CarillonExecutornormal/)).not.toContain('copy-production-to-sandbox'))

  test.each(Object.keys(first).map((id) => [id]))('of %s contain no locale of zod except English', (id) => {
    const dutch = 'Ongeldige invoer'
    expect(readFileSync('node_modules/zod/v4/locales/nl.js', 'utf8')).toContain(dutch)
    expect(codeOf(new RegExp(`^${id}$`))).not.toContain(dutch)
  })

  test('of the relay contain no handlers', () => expect(codeOf(/^CarillonRelay/)).not.toContain('peal-of-bells'))
})
