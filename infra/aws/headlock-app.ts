import { App, type AppProps, Tags, Validations } from 'aws-cdk-lib';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { AwsSolutionsChecks } from 'cdk-nag';
import type { FunctionBundle } from './bundle-function.ts';
import { readConfiguration } from './configuration.ts';
import type { FunctionName } from './function-names.ts';
import { INSTALLATION_CONTEXT, stackNamesOf } from './installation.ts';
import { ServiceStack } from './service-stack.ts';
import { StateStack } from './state-stack.ts';

/** Set here rather than in `cdk.json`, so that the templates are the same with and without the CDK's command line. */
const CONTEXT = {
  ...recommendedFlags,
  // An export cannot vanish while the service still reads it; the table's name and the keys never change anyway.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
};

/**
 * Headlock's two stacks, for any account and region, of one installation.
 *
 * @throws Error that names every problem of the context
 */
export function createHeadlockApp(bundles: Readonly<Record<FunctionName, FunctionBundle>>, props: AppProps = {}): App {
  const app = new App({ analyticsReporting: false, ...props, context: { ...CONTEXT, ...props.context } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { installation, tags } = readConfiguration(app);
  const names = stackNamesOf(installation);
  const state = new StateStack(app, names.state);
  new ServiceStack(app, names.service, state, bundles);
  const allTags = { ...tags, application: 'headlock', [INSTALLATION_CONTEXT]: installation };
  for (const [name, value] of Object.entries(allTags)) Tags.of(app).add(name, value);
  return app;
}
