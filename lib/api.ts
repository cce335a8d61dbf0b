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
import type { Env } from '../worlds/aws/env.ts'
import { type Auth, authorizerFor, principalsOf } from './auth.ts'
import { functionFor, type Handlers } from './function.ts'

/** How many requests the API takes. */
export type Throttle = {
  /** Requests a second, on average. */
  readonly ratePerSecond: number
  /** Requests at once, for a moment. */
  readonly burst: number
}

/** Who may call, how often, and what the function is told. */
export type ApiProps = {
  readonly auth: Auth
  readonly throttle: Throttle
  readonly handlers: Handlers
  readonly env: Partial<Env> & Pick<Env, 'environmentId'>
}

/**
 * The HTTP API: the routes of the one route table, so that a policy can name a call, and one for everything else, because
 * the function answers a wrong path or method with words and an `Allow` where API Gateway would only say "Not Found".
 * All of them are behind the authorizer, health as well.
 */
export class Api extends Construct {
  readonly function: NodejsFunction
  readonly api: HttpApi
  readonly url: string

  constructor(scope: Construct, id: string, { auth, throttle, handlers, env }: ApiProps) {
    super(scope, id)
    const principals = principalsOf(auth)
    this.function = functionFor(this, 'Function', {
      step: 'api',
      memoryMb: 512,
      timeoutMs: LIMITS.apiTimeoutMs,
      handlers,
      env: { ...env, principals },
    })
    const integration = new HttpLambdaIntegration('Integration', this.function, {
      timeout: Duration.millis(LIMITS.apiTimeoutMs),
      // One permission for all routes with a method and a path; the one for everything else has neither.
      scopePermissionToRoute: false,
    })
    this.api = new HttpApi(this, 'Api', {
      apiName: `carillon-${env.environmentId}`,
      createDefaultStage: false,
      defaultAuthorizer: authorizerFor(auth),
      defaultIntegration: integration,
    })
    this.function.addPermission('EverythingElse', {
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

  /** Lets a principal call the API, where IAM decides who may. */
  grantInvoke(to: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee: to, actions: ['execute-api:Invoke'], resourceArns: [this.api.arnForExecuteApi()] })
  }

  private accessLogs(): LogGroup {
    return new LogGroup(this, 'AccessLogs', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY })
  }
}

/** What is kept of each request: enough to see who was refused and why; neither headers nor bodies. */
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
