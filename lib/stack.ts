import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { Carillon, type CarillonProps } from './carillon.ts'

/** A stack with one Carillon and nothing else, and what one needs to know of it as outputs. */
export class CarillonStack extends Stack {
  readonly carillon: Carillon

  constructor(scope: Construct, id: string, props: CarillonProps & StackProps = {}) {
    super(scope, id, props)
    this.carillon = new Carillon(this, 'Carillon', props)
    const { api, store, lanes, bus, timers } = this.carillon
    this.tell('ApiUrl', api.url, 'Where the HTTP API is')
    this.tell('TableName', store.table.tableName, 'The table of all rows')
    this.tell('BusName', bus.eventBusName, 'Where lifecycle events go')
    this.tell('ScheduleGroup', timers.group.scheduleGroupName, 'Where far wake-ups sit')
    for (const { lane, queue } of lanes.all) this.tell(`QueueUrl-${lane.name}`, queue.queueUrl, `The queue of lane ${lane.name}`)
  }

  private tell(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description })
  }
}
