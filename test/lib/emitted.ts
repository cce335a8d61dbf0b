import { vi } from 'vitest'
import type { EngineWorld } from '../engine/world.ts'
import type { Series } from './alarm-state.ts'

/** A log line in CloudWatch's embedded metric format. Source: CloudWatch user guide, EMF specification. */
type Emf = Readonly<Record<string, unknown>> & {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string }[]
    }[]
  }
}

/** A metric and its values, without a time. */
export type Emitted = Omit<Series, 'points'> & { readonly values: readonly number[] }

/**
 * The metrics that the functions of a deployment write, as CloudWatch reads them from their log lines: one metric for each set of
 * dimensions. The action runs in a world whose meter is that of the functions.
 *
 * @param namespace the variable `POWERTOOLS_METRICS_NAMESPACE` of the functions, as deployed
 */
export const emitted = async (
  namespace: string,
  world: EngineWorld,
  action: (world: EngineWorld) => Promise<unknown>,
): Promise<readonly Emitted[]> => {
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', namespace)
  // For tests: it makes Powertools write to the console of this process. It disables metrics, and the next line enables them.
  vi.stubEnv('POWERTOOLS_DEV', 'true')
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false')
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'carillon')
  // Loaded now, because Powertools reads the environment when it is loaded.
  const { flushMetrics, meter } = await import('../../functions/telemetry.ts')
  const lines: Emf[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(JSON.parse(line)))
  try {
    await action({ ...world, meter })
    flushMetrics()
  } finally {
    log.mockRestore()
    vi.unstubAllEnvs()
  }
  return lines.flatMap((line) =>
    line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
      Metrics.flatMap(({ Name }) =>
        Dimensions.map((names) => ({
          namespace: Namespace,
          name: Name,
          dimensions: Object.fromEntries(names.map((dimension) => [dimension, line[dimension]])),
          values: [line[Name]].flat() as readonly number[],
        })),
      ),
    ),
  )
}
