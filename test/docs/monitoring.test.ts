import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { METRICS, type MetricDescription } from '../../shared/lambda/metric-list.ts';

const read = (path: string) => readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8');
const RULES = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          annotations: z.object({ summary: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ),
});
const PANEL = z.object({
  id: z.number(),
  title: z.string(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(z.object({ expr: z.string() })).default([]),
});
type Panel = z.infer<typeof PANEL>;

const rules = RULES.parse(parse(read('monitoring/prometheus-rules.yaml'))).groups.flatMap((group) => group.rules);
const panels = z.object({ panels: z.array(PANEL) }).parse(JSON.parse(read('monitoring/grafana-dashboard.json'))).panels;

/** Every name under which a metric is served. */
const SERVED = new Map(
  Object.entries<MetricDescription>(METRICS).flatMap(([name, description]) => {
    const names = description.kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
    return names.map((each) => [each, description] as const);
  }),
);

function expectServed(expression: string): void {
  for (const [name, description] of namesIn(expression)) {
    expect([expression, description?.kind]).not.toEqual([expression, undefined]);
    // A counter says something by its rise alone.
    const isRising = new RegExp(`(rate|increase)\\(${name}[{[]`).test(expression);
    expect([expression, isRising]).toEqual([expression, description?.kind !== 'gauge']);
    const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/,\s*/));
    const known = [...(description?.labels ?? []), 'le'];
    for (const label of grouped) expect(known).toContain(label);
  }
}

function namesIn(expression: string): readonly (readonly [string, MetricDescription | undefined])[] {
  const found = expression.match(/\bheadlock_[a-z_]+/g) ?? [];
  expect([expression, found.length > 0]).toEqual([expression, true]);
  return found.map((name) => [name, SERVED.get(name)]);
}

describe('rules of Prometheus', () => {
  it('use metrics that are served, with the labels that they have', () => {
    expect(rules.length).toBeGreaterThan(5);
    for (const { expr } of rules) expectServed(expr);
  });

  it('name a runbook that is there', () => {
    const headings = read('operations.md').match(/(?<=^###? ).+$/gm) ?? [];
    const anchors = new Set(headings.map((heading) => heading.toLowerCase().replaceAll(' ', '-')));
    for (const { annotations } of rules) expect(anchors).toContain(annotations.runbook);
  });
});

describe("Grafana's dashboard", () => {
  it('uses metrics that are served, all of them, with the labels that they have', () => {
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    for (const expression of expressions) expectServed(expression);
    const used = new Set(expressions.flatMap((each) => namesIn(each).map(([, description]) => description)));
    expect(used).toEqual(new Set(Object.values(METRICS)));
  });

  it('has panels that neither overlap nor leave its 24 columns', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cellsOf = ({ gridPos: { x, y, w, h } }: Panel) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`);
    const cells = panels.flatMap(cellsOf);
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});
