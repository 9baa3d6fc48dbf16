import { describe, expect, it } from 'vitest';
import { synthesizeForTests } from './synthesized-stacks.ts';

const stacks = synthesizeForTests();

interface Limits {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
}

/** What the load figures of Headlock ask for. */
const DELIVERIES_A_MINUTE = 10_000;
const POLLS_A_SECOND = 1_000;

/** The smallest of API Gateway's quotas: of an account in some regions, over all APIs. */
const QUOTA = { rate: 2_500, burst: 1_250 };

const POLLED = 'GET /v1/repositories/{repository}/trusted-revision';

function readStage() {
  const [stage] = Object.values(stacks().service.findResources('AWS::ApiGatewayV2::Stage'));
  const { DefaultRouteSettings: others, RouteSettings: routes } = stage?.Properties ?? {};
  return {
    others: others as Limits,
    routes: new Map(Object.entries(routes as Record<string, Limits>)),
    dependsOn: stage?.DependsOn as readonly string[],
  };
}

function listRoutes(): ReadonlyMap<string, string> {
  const routes = Object.entries(stacks().service.findResources('AWS::ApiGatewayV2::Route'));
  return new Map(routes.map(([id, { Properties }]) => [Properties.RouteKey, id]));
}

describe('the HTTP API', () => {
  it('has throttles of their own for deliveries, polls and attestations, and one for every other route', () => {
    const throttled = [...readStage().routes.keys()];
    expect(throttled).toEqual(
      [...listRoutes().keys()].filter((key) => key.startsWith('POST ') || key.startsWith(POLLED)),
    );
    expect(throttled).toContain('POST /webhooks/{source}');
    expect(throttled).toContain(POLLED);
  });

  it('makes its stage after the routes of which the stage has settings: API Gateway refuses it otherwise', () => {
    const { routes, dependsOn } = readStage();
    for (const key of routes.keys()) expect(dependsOn).toContain(listRoutes().get(key));
  });

  it('lets through what Headlock is made for', () => {
    const { routes } = readStage();
    const { ThrottlingRateLimit: deliveries, ThrottlingBurstLimit: atOnce } = routes.get('POST /webhooks/{source}') ?? {
      ThrottlingRateLimit: 0,
      ThrottlingBurstLimit: 0,
    };
    expect(60 * deliveries + atOnce).toBeGreaterThanOrEqual(3 * DELIVERIES_A_MINUTE);
    expect(routes.get(POLLED)?.ThrottlingRateLimit).toBeGreaterThanOrEqual(POLLS_A_SECOND);
  });

  it('keeps all routes together within the smallest quota, so that agents leave forges theirs', () => {
    const { routes, others } = readStage();
    const all = [...listRoutes().keys()].map((key) => routes.get(key) ?? others);
    const sum = (pick: (limits: Limits) => number) => all.reduce((total, limits) => total + pick(limits), 0);
    expect(all.length).toBeGreaterThan(routes.size);
    expect(sum((limits) => limits.ThrottlingRateLimit)).toBeLessThanOrEqual(QUOTA.rate);
    expect(sum((limits) => limits.ThrottlingBurstLimit)).toBeLessThanOrEqual(QUOTA.burst);
  });

  it('takes from nobody what it was not asked to reserve', () => {
    for (const { Properties } of Object.values(stacks().service.findResources('AWS::Lambda::Function'))) {
      expect(Properties.ReservedConcurrentExecutions).toBeUndefined();
    }
  });
});
