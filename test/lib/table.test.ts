import { RemovalPolicy } from 'aws-cdk-lib'
import { describe, expect, test } from 'vitest'
import { TABLE } from '../../worlds/aws/dynamo/table.ts'
import { templateOf, theOne } from './synth.ts'

const table = theOne(templateOf(), 'AWS::DynamoDB::Table')

describe('the table', () => {
  test('has one key, the partition key of the description', () =>
    expect(table.Properties.KeySchema).toEqual([
      { AttributeName: TABLE.partition, KeyType: 'HASH' },
      { AttributeName: TABLE.sort, KeyType: 'RANGE' },
    ]))

  test('has the indexes of the description and no others', () =>
    expect(table.Properties.GlobalSecondaryIndexes).toEqual(
      Object.entries(TABLE.indexes).map(([IndexName, { partition, sort, projection }]) => ({
        IndexName,
        KeySchema: [
          { AttributeName: partition, KeyType: 'HASH' },
          { AttributeName: sort, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: projection },
      })),
    ))

  test('is paid by request', () => expect(table.Properties.BillingMode).toBe('PAY_PER_REQUEST'))

  test('streams both images of each change', () =>
    expect(table.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' }))

  test('forgets by the attribute of the description', () =>
    expect(table.Properties.TimeToLiveSpecification).toEqual({ AttributeName: TABLE.timeToLive, Enabled: true }))

  test('can be recovered to a point in time', () =>
    expect(table.Properties.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true }))

  test('outlives its stack', () => expect(table.DeletionPolicy).toBe('Retain'))

  test('is protected from being deleted', () => expect(table.Properties.DeletionProtectionEnabled).toBe(true))

  test('goes with the stack where that is wanted', () => {
    const fleeting = theOne(templateOf({ removalPolicy: RemovalPolicy.DESTROY }), 'AWS::DynamoDB::Table')
    expect([fleeting.DeletionPolicy, fleeting.Properties.DeletionProtectionEnabled]).toEqual(['Delete', false])
  })
})
