import { Duration, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryWidget,
  MathExpression,
  PeriodOverride,
  Row,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '../../shared/lambda/metric-list.ts';
import type { Alarms, Watched } from './alarms/alarms.ts';
import { throttledIn } from './alarms/table-alarms.ts';
import { readConfiguration } from './configuration.ts';
import type { FunctionName } from './function-names.ts';
import { metricNamespaceOf, serviceMetric } from './service-metric.ts';

const PERIOD = Duration.minutes(5);
/** A dashboard is 24 wide. */
const [THIRD, HEIGHT, HEADING] = [8, 6, 1];
const { SUM, MAXIMUM, MINIMUM } = Stats;

export interface Shown extends Watched {
  readonly alarms: Alarms;
  /** Requests to the HTTP API, and those refused for what the caller did. */
  readonly requests: readonly IMetric[];
  readonly sweepLogGroup: string;
}

/** What an operator looks at first: one row of CloudWatch's for each part of the way of a push, and the alarms above. */
export class ServiceDashboard extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, shown: Shown) {
    super(scope, id);
    const { installation } = readConfiguration(this);
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: installation,
      periodOverride: PeriodOverride.INHERIT,
      defaultInterval: Duration.hours(6),
    });
    dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', alarms: [...shown.alarms.all], width: 24, height: HEIGHT }),
    );
    for (const [heading, widgets] of this.listRows(shown)) {
      dashboard.addWidgets(new TextWidget({ markdown: `## ${heading}`, width: 24, height: HEADING }));
      dashboard.addWidgets(new Row(...widgets));
    }
    const { region } = Stack.of(this);
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${installation}`;
  }

  private listRows(shown: Shown): readonly (readonly [string, readonly IWidget[]])[] {
    const { queues, requests, serverErrors } = shown;
    const own = (name: MetricName, service: FunctionName, statistic: string, label?: string) => {
      const metric = serviceMetric(this, name, service, statistic, PERIOD);
      return label === undefined ? metric : metric.with({ label });
    };
    const percentiles = (name: MetricName, service: FunctionName) =>
      [50, 90, 99].map((percentile) => own(name, service, Stats.percentile(percentile), `p${percentile}`));
    const each = (
      name: FunctionName,
      make: (lambda: NonNullable<ReturnType<typeof shown.functions.get>>) => IMetric,
    ) => {
      const lambda = shown.functions.get(name);
      return lambda === undefined ? [] : [make(lambda)];
    };
    const durationOf = (name: FunctionName) =>
      each(name, (lambda) => lambda.metricDuration({ statistic: 'p99', label: `${name} p99`, period: PERIOD }));
    const ofAll = (what: 'Errors' | 'Throttles') =>
      [...shown.functions].map(([label, lambda]) => lambda.metric(what, { label, statistic: SUM, period: PERIOD }));
    return [
      [
        'Ingest: from the forge to the queue',
        [
          graph('Deliveries by outcome', [this.search('headlock_webhook_deliveries_total', ['provider', 'outcome'])]),
          graph('Requests to the HTTP API', [...requests, shown.throttled]),
          graph('Webhook: how long it takes', durationOf('webhook')),
        ],
      ],
      [
        'Decide: fetch, judge, record',
        [
          graph('Decision, seconds', percentiles('headlock_decision_duration_seconds', 'verify')),
          graph('Commits', [
            own('headlock_commits_verified_total', 'verify', SUM, 'verified'),
            own('headlock_commit_verification_failures_total', 'verify', SUM, 'not verified'),
          ]),
          graph('Not verified, by repository and reason', [
            this.search('headlock_commit_verification_failures_total', ['repository', 'reason']),
          ]),
        ],
      ],
      [
        'Publish: to agents',
        [
          graph('Receipt to publication, seconds', percentiles('headlock_receipt_to_publish_seconds', 'verify')),
          graph('Polls', [
            ...each('trusted-revision', (lambda) => lambda.metricInvocations({ label: 'answered', period: PERIOD })),
            serverErrors,
          ]),
          graph('Polls: how long they take', durationOf('trusted-revision')),
        ],
      ],
      [
        'Sweep: what no webhook told',
        [
          graph('Repairs', [own('headlock_sweep_repairs_total', 'verify', SUM, 'pushes found by the sweep')]),
          graph('Forges that do not answer, by cause', [this.search('headlock_git_fetch_failure_total', ['reason'])]),
          graph('Waiting in queues, seconds', [
            queues.decisions.metricApproximateAgeOfOldestMessage({ label: 'decisions', statistic: MAXIMUM }),
            queues.turns.metricApproximateAgeOfOldestMessage({ label: 'turns of the sweep', statistic: MAXIMUM }),
            queues.statuses.metricApproximateAgeOfOldestMessage({ label: 'statuses', statistic: MAXIMUM }),
          ]),
        ],
      ],
      [
        'Branches and keys',
        [
          graph('Held branches', [own('headlock_branch_locked', 'compare-refs', SUM, 'as the sweep sees them')]),
          graph('Keys that end within sixty days, days left', [
            this.search('headlock_key_expiry_days', ['signatory'], MINIMUM),
          ]),
          graph('Oldest statement, seconds', [
            own('headlock_statement_age_seconds', 'compare-refs', MAXIMUM, 'oldest'),
          ]),
        ],
      ],
      [
        'Which branches are held',
        [
          new LogQueryWidget({
            title: 'Held branches, by the latest sweeps',
            logGroupNames: [shown.sweepLogGroup],
            queryLines: [
              'fields @timestamp, repository, branch, state',
              'filter headlock_branch_locked = 1',
              'stats latest(state) as held_as, min(@timestamp) as since, max(@timestamp) as seen by repository, branch',
              'sort seen desc',
              'limit 50',
            ],
            width: 24,
            height: HEIGHT,
          }),
        ],
      ],
      [
        'Faults',
        [
          graph('Errors', ofAll('Errors')),
          graph('Throttles', [
            ...ofAll('Throttles'),
            throttledIn(shown.table, 'Read', 'reads of the table'),
            throttledIn(shown.table, 'Write', 'writes of the table'),
          ]),
          graph('Dead letters', [
            queues.decisionsDeadLetters.metricApproximateNumberOfMessagesVisible({
              ...{ label: 'decisions', statistic: MAXIMUM },
            }),
            queues.statusesDeadLetters.metricApproximateNumberOfMessagesVisible({
              ...{ label: 'statuses', statistic: MAXIMUM },
            }),
          ]),
        ],
      ],
    ];
  }

  /** One line for each combination of dimensions that there is. */
  private search(name: MetricName, dimensions: readonly string[], statistic: string = SUM): IMetric {
    const schema = [`"${metricNamespaceOf(this)}"`, 'service', ...dimensions].join(',');
    const expression = `SEARCH('{${schema}} MetricName="${name}"', '${statistic}', ${PERIOD.toSeconds()})`;
    return new MathExpression({ expression, usingMetrics: {}, label: '', period: PERIOD });
  }
}

function graph(title: string, left: readonly IMetric[]): GraphWidget {
  return new GraphWidget({ title, left: [...left], width: THIRD, height: HEIGHT, leftYAxis: { min: 0 } });
}
