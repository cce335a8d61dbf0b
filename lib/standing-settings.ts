import { CfnParameter, CfnRule, Fn, Stack } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { type DurationMs, formatDuration } from '../core/duration.ts'
import type { Auth } from './auth.ts'

/** The settings that an update must not change by accident. */
export type StandingSettingsProps = {
  readonly auth: Auth
  readonly environmentId: string
  readonly retentionMs: DurationMs
}

/**
 * Stops a deployment that would change one of these settings of a stack that exists, unless the command confirms the change.
 *
 * Each setting is a parameter of the stack. `cdk deploy` keeps the parameters of an existing stack (`UsePreviousValue`), so the
 * parameter has the value of the deployed stack, while a rule of the template has the new value. CloudFormation checks the rules
 * before it changes any resource. A new stack gets the default of the parameter, which is the new value.
 * Source: CloudFormation user guide, "Rules"; `cdk deploy --help`, `--previous-parameters`.
 */
export class StandingSettings extends Construct {
  constructor(scope: Construct, id: string, { auth, environmentId, retentionMs }: StandingSettingsProps) {
    super(scope, id)
    this.add('Auth', kindOf(auth), 'callers would be refused, or get another tenant and other scopes')
    this.add('EnvironmentId', environmentId, 'each open task that was created under the other name would be held and not run')
    this.add('Retention', formatDuration(retentionMs), 'finished tasks would be deleted at another age')
  }

  private add(name: string, value: string, consequence: string): void {
    const parameter = new CfnParameter(this, name, {
      default: value,
      description: `${name} of the deployed Carillon. The settings must agree; give this parameter only to confirm a change.`,
    })
    // Without a hash, so that it can be typed: `CarillonAuth`.
    const logicalId = `${pathOf(this)}${name}`
    parameter.overrideLogicalId(logicalId)
    const setting = name.charAt(0).toLowerCase() + name.slice(1)
    const rule = new CfnRule(this, `${name}Rule`, {
      assertions: [
        {
          assert: Fn.conditionEquals(parameter.valueAsString, value),
          assertDescription:
            `the settings have ${setting} ${value}, the deployed stack has another: ${consequence}. ` +
            `Correct the settings, or confirm the change with: --parameters ${logicalId}=${value}`,
        },
      ],
    })
    rule.overrideLogicalId(`${logicalId}IsDeployed`)
  }
}

/** Without a map of principals, each caller that IAM admits has all scopes: so that is a kind of its own. */
const kindOf = (auth: Auth): 'JWT' | 'IAM' | 'IAM_PRINCIPALS' => {
  if ('issuer' in auth) return 'JWT'
  return auth.iamPrincipals ? 'IAM_PRINCIPALS' : 'IAM'
}

/** The ids of the Carillon and of the constructs around it within the stack, as in a logical id: letters and digits. */
const pathOf = (settings: Construct): string =>
  settings.node.scopes
    .slice(Stack.of(settings).node.scopes.length, -1)
    .map((scope) => scope.node.id.replaceAll(/[^A-Za-z0-9]/g, ''))
    .join('')
