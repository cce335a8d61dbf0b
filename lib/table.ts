import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { TABLE } from '../worlds/aws/dynamo/table.ts'
import { actionsOf, QUERIES, STREAM_VERBS, type Verb } from '../worlds/aws/verbs.ts'

/** Settings of the table. */
export type StoreProps = {
  /** What happens to the table when the stack is deleted. */
  readonly removalPolicy: RemovalPolicy
}

const QUERY = 'dynamodb:Query'

const text = (name: string) => ({ name, type: AttributeType.STRING })

/**
 * The table of all rows, as described in `worlds/aws/dynamo/table.ts`: billed on demand, with a stream and with point-in-time
 * recovery. It is encrypted with a key that DynamoDB owns, the default, because requests to a KMS key are billed and can be
 * throttled.
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

  /** The ARN of the table's stream. */
  get streamArn(): string {
    const { tableStreamArn } = this.table
    if (!tableStreamArn) throw new Error('the table has no stream, although the construct enables one')
    return tableStreamArn
  }

  /** Grants verbs of the store: actions by key on the table, queries on the index (or the table) that the verb queries. */
  grantStore(grantee: IGrantable, verbs: readonly Verb<'store'>[]): Grant {
    const { tableArn } = this.table
    const byKey = Grant.addToPrincipal({
      grantee,
      actions: actionsOf('store', verbs).filter((action) => action !== QUERY),
      resourceArns: [tableArn],
    })
    const names = new Set<string>(verbs.flatMap((verb) => (verb in QUERIES ? QUERIES[verb as keyof typeof QUERIES] : [])))
    if (names.size === 0) return byKey
    const resourceArns = [...names].map((name) => (name === 'table' ? tableArn : `${tableArn}/index/${name}`))
    return byKey.combine(Grant.addToPrincipal({ grantee, actions: [QUERY], resourceArns }))
  }

  /** Grants reading records of the stream by position, for a batch that failed. */
  grantStreamRead(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: [...STREAM_VERBS], resourceArns: [this.streamArn] })
  }
}
