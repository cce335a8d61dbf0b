import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { routes } from '../../api/routes/index.ts'

test('docs/api.md lists every route with its scope, and no other', () => {
  const rows = [...readFileSync('docs/api.md', 'utf8').matchAll(/^\| `([A-Z]+ \/v1\S+)` \| (\w+) \| \S/gm)]
  const listed = rows.map(([, route, scope]) => `${route} carillon/${scope}`)
  expect(listed.toSorted()).toEqual(routes.map(({ method, path, scope }) => `${method} ${path} ${scope}`).toSorted())
})
