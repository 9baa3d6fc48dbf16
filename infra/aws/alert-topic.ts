import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { readConfiguration } from './configuration.ts';

/** News for people: of branches by their attributes, and of Headlock itself by CloudWatch's alarms. */
export class AlertTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, dataKey: IKey) {
    super(scope, id);
    this.topic = new Topic(this, 'Alerts', { displayName: 'Headlock alerts', masterKey: dataKey, enforceSSL: true });
    // A policy of our own (the TLS rule) takes the place of the default one, which let the account's alarms in.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    const { alertEmail } = readConfiguration(this);
    if (alertEmail !== null) this.topic.addSubscription(new EmailSubscription(alertEmail));
  }
}
