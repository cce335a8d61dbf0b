import { RemovalPolicy } from 'aws-cdk-lib'
import { describe, expect, test } from 'vitest'
import { TABLE } from '../../worlds/aws/dynamo/table.ts'
import { templateOf, theOne } from './synth.ts'

const table = theOne(templateOf(), 'AWS::DynamoDB::Table')

describe('the table', () => {
  test('has the keys of the description', () =>
    expect(table.Properties.KeySchema).toEqual([
      { AttributeName: TABLE.partition, KeyType: 'HASH' },
      { AttributeName: TABLE.sort, KeyType: 'RANGE' },
    ]))

  test('has only the indexes of the description', () =>
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

  test('is billed per request', () => expect(table.Properties.BillingMode).toBe('PAY_PER_REQUEST'))

  test('has a stream with both images of each change', () =>
    expect(table.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' }))

  test('has the time-to-live attribute of the description', () =>
    expect(table.Properties.TimeToLiveSpecification).toEqual({ AttributeName: TABLE.timeToLive, Enabled: true }))

  test('has point-in-time recovery', () =>
    expect(table.Properties.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true }))

  test('is retained when its stack is deleted', () => expect(table.DeletionPolicy).toBe('Retain'))

  test('has deletion protection', () => expect(table.Properties.DeletionProtectionEnabled).toBe(true))

  test('is deleted with its stack when the removal policy is DESTROY', () => {
    const table = theOne(templateOf({ removalPolicy: RemovalPolicy.DESTROY }), 'AWS::DynamoDB::Table')
    expect([table.DeletionPolicy, table.Properties.DeletionProtectionEnabled]).toEqual(['Delete', false])
  })
})
