import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { TABLE } from '../worlds/aws/dynamo/table.ts'
import { actionsOf, QUERIES, STREAM_VERBS, type Verb } from '../worlds/aws/verbs.ts'

/** Where the rows are. */
export type StoreProps = {
  /** What becomes of the table with the stack. */
  readonly removalPolicy: RemovalPolicy
}

const QUERY = 'dynamodb:Query'

const text = (name: string) => ({ name, type: AttributeType.STRING })

/**
 * The table of all rows, as `worlds/aws/dynamo/table.ts` describes it: on demand, with its stream, recoverable to any second. It
 * is encrypted with a key of DynamoDB's own, which is what a table without another wish gets: a KMS key would be billed,
 * and throttled, by use.
 */
export class Store extends Construct {
  readonly table: Table

  constructor(scope: Construct, id: string, { removalPolicy }: StoreProps) {
    super(scope, id)
    this.table = new Table(this, 'Table', {
      partitionKey: text(TABLE.partition),
      sortKey: text(TABLE.sort),
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType[TABLE.stream],
      timeToLiveAttribute: TABLE.timeToLive,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy,
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
    })
    for (const [indexName, { partition, sort, projection }] of Object.entries(TABLE.indexes)) {
      this.table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: text(partition),
        sortKey: text(sort),
        projectionType: ProjectionType[projection],
      })
    }
  }

  /** The stream of all changes. */
  get streamArn(): string {
    const { tableStreamArn } = this.table
    if (!tableStreamArn) throw new Error('the table has no stream, although it was made with one')
    return tableStreamArn
  }

  /** Lets a function use verbs of the store: keys on the table, queries on what they ask, index or table, and on nothing else. */
  grantStore(to: IFunction, verbs: readonly Verb<'store'>[]): void {
    const byKey = actionsOf('store', verbs).filter((action) => action !== QUERY)
    const asked: ReadonlySet<string> = new Set(
      verbs.flatMap((verb) => (verb in QUERIES ? QUERIES[verb as keyof typeof QUERIES] : [])),
    )
    const queried = [...asked].map((name) => (name === 'table' ? this.table.tableArn : `${this.table.tableArn}/index/${name}`))
    to.addToRolePolicy(new PolicyStatement({ actions: byKey, resources: [this.table.tableArn] }))
    if (queried.length > 0) to.addToRolePolicy(new PolicyStatement({ actions: [QUERY], resources: queried }))
  }

  /** Lets a function read changes from the stream once more. */
  grantStreamRead(to: IFunction): void {
    to.addToRolePolicy(new PolicyStatement({ actions: [...STREAM_VERBS], resources: [this.streamArn] }))
  }
}
