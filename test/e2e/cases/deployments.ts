import assert from 'node:assert/strict'
import {
  CloudFormationClient,
  ListStackResourcesCommand,
  paginateDescribeStackEvents,
  type StackEvent,
} from '@aws-sdk/client-cloudformation'
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, ListEventBusesCommand } from '@aws-sdk/client-eventbridge'
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { ListScheduleGroupsCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { apiOf } from '../api.ts'
import { type Deployment, deploy, deployBroken, destroy } from '../deploy.ts'
import { clientConfig, type Emulator } from '../emulator.ts'
import type { Issuer } from '../issuer.ts'
import type { Case } from '../report.ts'
import { sceneOf } from '../scene.ts'

type Deployer = { readonly emulator: Emulator; readonly deployment: Deployment; readonly issuer: Issuer }

/** The life of a stack of its own, beside the stack of the other cases. Each case continues with what the one before has left. */
export const deploymentCases: readonly Case<Deployer>[] = [
  {
    name: 'a first cdk deploy that fails leaves nothing but the protected table, and can be repeated',
    run: async ({ emulator, deployment, issuer }) => {
      const { stackName } = deployment.settings as { readonly stackName: string }
      await assert.rejects(deployBroken(emulator, deployment), /ROLLBACK_COMPLETE|CREATE_FAILED/)
      const cloudFormation = new CloudFormationClient(clientConfig(emulator))
      const events: StackEvent[] = []
      for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client: cloudFormation }, { StackName: stackName }))
        events.push(...StackEvents)
      assert.equal(events[0]?.ResourceStatus, 'ROLLBACK_COMPLETE')
      const created = events.filter(
        ({ ResourceType = '', ResourceStatus }) => ResourceType in LISTS && ResourceStatus === 'CREATE_COMPLETE',
      )
      assert.ok(created.length > 20, `the failed deployment must have created resources of these types, it has ${created.length}`)
      const idOf = ({ PhysicalResourceId = '' }: { readonly PhysicalResourceId?: string | undefined }) => PhysicalResourceId
      const tables = created.filter(({ ResourceType }) => ResourceType === 'AWS::DynamoDB::Table').map(idOf)
      assert.deepEqual(await existing(emulator, created.map(idOf)), tables)

      const { outputs } = await deploy(emulator, deployment)
      const scene = sceneOf(emulator, issuer, outputs)
      const { id } = await scene.create({ type: 'e2e.echo', input: { word: 'repeated' } })
      assert.equal(((await scene.reaches(id, 'succeeded')).output as { word: string }).word, 'repeated')
    },
  },
  {
    name: 'a second cdk deploy of the unchanged app has no changes',
    run: async ({ emulator, deployment }) => {
      const first = await deploy(emulator, deployment)
      const again = await deploy(emulator, deployment)
      const changes = again.log.split('\n').filter((line) => /(?:CREATE|UPDATE|DELETE)_COMPLETE/.test(line))
      assert.deepEqual(changes, [])
      assert.ok(again.log.includes('(no changes)'), 'the CDK must report no changes')
      assert.deepEqual(again.outputs, first.outputs)
    },
  },
  {
    name: 'a cdk deploy with other settings is refused before it changes anything, and a confirmed change is deployed',
    run: async ({ emulator, deployment }) => {
      const { auth: _, ...settings } = deployment.settings
      const refused = deploy(emulator, { ...deployment, settings })
      await assert.rejects(refused, ({ message }: Error) => {
        assert.match(message, /the settings have auth IAM, the deployed stack has another/)
        assert.match(message, /confirm the change with: --parameters CarillonAuth=IAM/)
        assert.doesNotMatch(message, /(?:UPDATE|ROLLBACK)_/)
        return true
      })
      const shorter = { ...deployment, settings: { ...deployment.settings, retention: '7d' } }
      const { log } = await deploy(emulator, shorter, { parameters: ['CarillonRetention=7d'] })
      assert.match(log, /UPDATE_COMPLETE/)
    },
  },
  {
    name: 'cdk destroy leaves nothing but the protected table',
    run: async ({ emulator, deployment }) => {
      const { stackName } = deployment.settings as { readonly stackName: string }
      const cloudFormation = new CloudFormationClient(clientConfig(emulator))
      const { StackResourceSummaries = [] } = await cloudFormation.send(new ListStackResourcesCommand({ StackName: stackName }))
      const idsOf = (type: string) =>
        StackResourceSummaries.filter((it) => it.ResourceType === type).map((it) => it.PhysicalResourceId ?? '')
      const listed = Object.keys(LISTS).flatMap(idsOf)
      assert.ok(listed.length > 20, `the stack must have resources of these types, it has ${listed}`)
      assert.deepEqual(await existing(emulator, listed), listed)
      const [apiId] = idsOf('AWS::ApiGatewayV2::Api')
      const api = apiOf(emulator.port, `https://${apiId}.execute-api.localhost`)
      assert.equal((await api('GET', '/v1/health')).status, 401)

      await destroy(emulator, deployment)
      const [table = ''] = idsOf('AWS::DynamoDB::Table')
      assert.deepEqual(await existing(emulator, listed), [table])
      assert.equal((await api('GET', '/v1/health')).status, 404)
      const dynamo = new DynamoDBClient(clientConfig(emulator))
      const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: table }))
      assert.equal(Table?.DeletionProtectionEnabled, true)
    },
  },
  {
    name: 'a destroyed stack is deployed again under its name, with a new table, and runs a task',
    run: async ({ emulator, deployment, issuer }) => {
      const { outputs } = await deploy(emulator, deployment, { again: true })
      const scene = sceneOf(emulator, issuer, outputs)
      const { id } = await scene.create({ type: 'e2e.echo', input: { word: 'again' } })
      const task = await scene.reaches(id, 'succeeded')
      assert.equal((task.output as { word: string }).word, 'again')
    },
  },
]

/** Lists the physical ids of all resources of a type in the account. */
const LISTS: Readonly<Record<string, (config: ReturnType<typeof clientConfig>) => Promise<readonly (string | undefined)[]>>> = {
  'AWS::DynamoDB::Table': async (config) => (await new DynamoDBClient(config).send(new ListTablesCommand({}))).TableNames ?? [],
  'AWS::Scheduler::ScheduleGroup': async (config) => {
    const { ScheduleGroups = [] } = await new SchedulerClient(config).send(new ListScheduleGroupsCommand({}))
    return ScheduleGroups.map(({ Name }) => Name)
  },
  'AWS::SQS::Queue': async (config) => (await new SQSClient(config).send(new ListQueuesCommand({}))).QueueUrls ?? [],
  'AWS::Lambda::Function': async (config) => {
    const { Functions = [] } = await new LambdaClient(config).send(new ListFunctionsCommand({}))
    return Functions.map(({ FunctionName }) => FunctionName)
  },
  'AWS::Events::EventBus': async (config) => {
    const { EventBuses = [] } = await new EventBridgeClient(config).send(new ListEventBusesCommand({}))
    return EventBuses.map(({ Name }) => Name)
  },
  'AWS::Logs::LogGroup': async (config) => {
    const { logGroups = [] } = await new CloudWatchLogsClient(config).send(new DescribeLogGroupsCommand({}))
    return logGroups.map(({ logGroupName }) => logGroupName)
  },
}

/** Those of the physical ids that exist. */
const existing = async (emulator: Emulator, ids: readonly string[]): Promise<readonly string[]> => {
  const all = await Promise.all(Object.values(LISTS).map((list) => list(clientConfig(emulator))))
  const known = new Set(all.flat().map((id) => nameOf(id ?? '')))
  return ids.filter((id) => known.has(nameOf(id)))
}

/** A queue is listed by its URL, whose host depends on the caller; its name is the last part. */
const nameOf = (id: string): string => (id.startsWith('https://') ? (id.split('/').at(-1) ?? '') : id)
