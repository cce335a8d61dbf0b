import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { readSettings } from '../lib/settings.ts'
import { CarillonStack } from '../lib/stack.ts'

const app = new App()
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
const { stackName, ...settings } = readSettings(app.node)
new CarillonStack(app, stackName, { ...settings, description: 'Carillon, a serverless task scheduler' })
