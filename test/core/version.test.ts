import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as version from '../../core/version.ts'

test('the version is that of the package', () => {
  expect(Object.values(version)).toEqual([JSON.parse(readFileSync('package.json', 'utf8')).version])
})
