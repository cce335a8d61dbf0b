import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { registryOf } from '../../core/define.ts'
import { DEFAULT_LANE, DEFAULT_LANES } from '../../core/lanes.ts'
import { builtIn, readEnvironment, types } from '../../handlers/index.ts'
import { attempt } from './attempt.ts'
import { serve } from './service.ts'

describe('the registry of built-in types', () => {
  it('contains the five built-in types and the two examples', () => {
    expect([...registryOf(types).keys()]).toEqual([
      'http',
      'lambda',
      'sqs',
      'eventbridge',
      'stepfunctions',
      'set-environment-update-date',
      'copy-production-to-sandbox',
    ])
  })

  it.each(types.map((type) => [type.name, type] as const))('%s describes itself and each field in JSON Schema', (_, type) => {
    expect(type.description).toMatch(/\.$/)
    const schema = z.toJSONSchema(type.input, { io: 'input' })
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
    const { properties = {} } = schema
    expect(Object.keys(properties).length).toBeGreaterThan(0)
    for (const field of Object.values(properties)) expect(field).toMatchObject({ description: expect.stringMatching(/\.$/) })
  })

  it.each(types.map((type) => [type.name, type] as const))('%s has a timeout within the bound of its lane', (_, type) => {
    const most = DEFAULT_LANES[type.lane ?? DEFAULT_LANE]?.handlerTimeoutMs ?? 0
    expect(type.timeoutMs ?? most).toBeLessThanOrEqual(most)
  })

  it('calls loopback addresses only if allowed', async () => {
    const service = await serve((_, response) => response.writeHead(204).end())
    const [closed] = types
    const [open] = builtIn({ allow: 'loopback' })
    expect(closed && (await attempt(closed, { url: service.url }))).toMatchObject({ error: { code: 'ForbiddenAddress' } })
    expect(open && (await attempt(open, { url: service.url }))).toMatchObject({ outcome: 'succeeded', json: { status: 204 } })
    await service.close()
  })
})

describe('the environment of the handlers', () => {
  it('allows public addresses only, and the real admin center, by default', () => {
    expect(readEnvironment({})).toEqual({
      allow: 'public',
      businessCentralUrl: 'https://api.businesscentral.dynamics.com/admin/v2.28',
    })
  })

  it('is read from its variables', () => {
    const env = { CARILLON_HTTP_ALLOW: 'any', CARILLON_BC_URL: 'http://localhost:1', CARILLON_BC_TOKEN: 't' }
    expect(readEnvironment(env)).toEqual({ allow: 'any', businessCentralUrl: 'http://localhost:1', businessCentralToken: 't' })
  })

  it.each([{ CARILLON_HTTP_ALLOW: 'everything' }, { CARILLON_HTTP_ALLOW: 'Loopback' }, { CARILLON_BC_URL: 'localhost' }])(
    'refuses %j and names the valid values',
    (env) => {
      expect(() => readEnvironment(env)).toThrow(/must be/)
    },
  )
})
