import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { CarillonStack, propsFromContext } from '../lib/stack.ts'

const app = new App()
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
const props = propsFromContext(app.node)
new CarillonStack(app, `Carillon-${props.environmentId ?? 'default'}`, {
  ...props,
  description: 'Carillon, a serverless task scheduler',
})
