import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import type { CarillonProps } from '../../lib/carillon.ts'
import { CarillonStack } from '../../lib/stack.ts'

/**
 * An app without bundling, because these tests read the template only. CDK's own check of the template is off, because it takes
 * three seconds per template; the test of cdk-nag runs it.
 */
export const unbundled = (context: Readonly<Record<string, unknown>> = {}): App =>
  new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false })

/** The template of a stack with one Carillon. */
export const templateOf = (props: CarillonProps = {}): Template =>
  Template.fromStack(new CarillonStack(unbundled(), 'Test', props))

/** One resource of a template. */
export type Resource = {
  readonly Type: string
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
  // biome-ignore lint/suspicious/noExplicitAny: the properties of a CloudFormation resource have no common type
  readonly Properties: any
}

/** The resources of a type whose logical id matches, by logical id. */
export const resourcesOf = (template: Template, type: string, id = /./): Readonly<Record<string, Resource>> =>
  Object.fromEntries(Object.entries(template.findResources(type) as Record<string, Resource>).filter(([name]) => id.test(name)))

/** The one resource of a type whose logical id matches. */
export const theOne = (template: Template, type: string, id = /./): Resource => {
  const found = Object.entries(resourcesOf(template, type, id))
  if (found.length !== 1 || !found[0])
    throw new Error(`${found.length} resources of ${type} match ${id}: ${found.map(([name]) => name)}`)
  return found[0][1]
}
