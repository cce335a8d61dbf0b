import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Grant, type IGrantable, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { routes } from '../api/routes/index.ts'
import { LIMITS } from '../core/limits.ts'
import { type Auth, authorizerFor, principalsOf } from './auth.ts'
import { type FunctionProps, functionFor, type Handlers } from './function.ts'
import { physicalName } from './physical-name.ts'

/** Limits for the request rate of the API. */
export type Throttle = {
  /** Average requests per second. */
  readonly ratePerSecond: number
  /** Requests that may arrive at once before API Gateway answers 429. */
  readonly burst: number
}

/** The authorizer, the throttle, and the handlers, environment and reserved concurrency of the API's function. */
export type ApiProps = {
  readonly auth: Auth
  readonly throttle: Throttle
  readonly handlers: Handlers
  readonly env: FunctionProps['env']
  readonly reservedConcurrency?: FunctionProps['reservedConcurrency']
}

/**
 * The HTTP API. Each entry of `api/routes` is a route of its own, so that an IAM policy can allow single endpoints. The
 * `$default` route passes other requests to the function, which answers a wrong path or method with a problem document and
 * an `Allow` header; API Gateway would only answer "Not Found". Every route has the authorizer, the health endpoint too.
 */
export class Api extends Construct {
  readonly function: NodejsFunction
  readonly api: HttpApi
  readonly url: string

  constructor(scope: Construct, id: string, { auth, throttle, handlers, env, reservedConcurrency }: ApiProps) {
    super(scope, id)
    const principals = principalsOf(auth)
    this.function = functionFor(this, 'Function', {
      step: 'api',
      memoryMb: 512,
      timeoutMs: LIMITS.apiTimeoutMs,
      handlers,
      reservedConcurrency,
      env: { ...env, principals },
    })
    const integration = new HttpLambdaIntegration('Integration', this.function, {
      timeout: Duration.millis(LIMITS.apiTimeoutMs),
      // One permission for all routes that have a method and a path. The `$default` route has neither, and is added below.
      scopePermissionToRoute: false,
    })
    this.api = new HttpApi(this, 'Api', {
      apiName: `carillon-${env.environmentId}`,
      createDefaultStage: false,
      defaultAuthorizer: authorizerFor(auth),
      defaultIntegration: integration,
    })
    this.function.addPermission('DefaultRoute', {
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({ service: 'execute-api', resource: this.api.apiId, resourceName: '*/$default' }),
    })
    for (const [path, methods] of Map.groupBy(routes, (route) => route.path)) {
      this.api.addRoutes({ path, methods: methods.map(({ method }) => HttpMethod[method]), integration })
    }
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: throttle.ratePerSecond, burstLimit: throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLogs()),
        format: AccessLogFormat.custom(ACCESS_LINE),
      },
    })
    this.url = stage.url
  }

  /** Grants calling the API. It has an effect only with the IAM authorizer. */
  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns: [this.api.arnForExecuteApi()] })
  }

  private accessLogs(): LogGroup {
    return new LogGroup(this, 'AccessLogs', {
      // Log delivery to a group with this prefix works even when the resource policy of the account's logs is full (5,120
      // characters, some dozens of APIs). Source: API Gateway developer guide, "Troubleshooting issues with HTTP API logging".
      logGroupName: `/aws/vendedlogs/${physicalName(this, 'access')}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    })
  }
}

/** The access log of one request: enough to find the caller and the reason of a refusal, without headers or bodies. */
const ACCESS_LINE = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  sourceIp: '$context.identity.sourceIp',
  principal: '$context.identity.userArn',
  subject: '$context.authorizer.claims.sub',
  authorizerError: '$context.authorizer.error',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
  latencyMs: '$context.responseLatency',
})
