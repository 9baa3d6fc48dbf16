import { App } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../../infra/aws/configuration.ts';
import { synthesizeForTests } from './synthesized-stacks.ts';

/** Those whose use is to ask a forge, or to tell it. */
const CALLING = ['commit-status', 'compare-refs', 'verify'];
const VPC = { subnetIds: ['subnet-0a1b', 'subnet-0c2d'], securityGroupIds: ['sg-0e3f'] };
const PROXY = { httpsProxy: 'http://proxy.example.com:3128', noProxy: 'git.example.com,.internal' };

const NETWORK_CONTEXT = 'headlock:network';
const read = (context: unknown) => readConfiguration(new App({ context: { [NETWORK_CONTEXT]: context } })).network;

describe('the network', () => {
  it('is that of AWS where nothing is said', () => {
    expect(readConfiguration(new App()).network).toEqual({ vpc: null, httpsProxy: null, noProxy: null });
  });

  it('is read from cdk.json, and from the command line as text', () => {
    const expected = { vpc: VPC, ...PROXY };
    expect(read({ ...VPC, ...PROXY })).toEqual(expected);
    expect(read(JSON.stringify({ ...VPC, ...PROXY }))).toEqual(expected);
  });

  it.each([
    ['subnets without groups', { subnetIds: VPC.subnetIds }, /need each other/],
    ['no subnet', { ...VPC, subnetIds: [] }, /headlock:network\.subnetIds/],
    ['an unknown key', { ...VPC, subnets: [] }, /subnets/],
    ['a proxy that is no URL', { httpsProxy: 'proxy:3128' }, /httpsProxy/],
    ['a proxy with a password', { httpsProxy: 'http://me:secret@proxy.example.com' }, /^(?!.*secret).*password/s],
  ])('of %s is refused', (_, context, message) => {
    expect(() => read(context)).toThrow(message);
  });
});

describe('functions that call forges', () => {
  const stacks = synthesizeForTests({ [NETWORK_CONTEXT]: { ...VPC, ...PROXY } });
  const VpcConfig = { SubnetIds: VPC.subnetIds, SecurityGroupIds: VPC.securityGroupIds };

  it('run in the VPC and know the proxy; the others do not', () => {
    const Variables = Match.objectLike({ HTTPS_PROXY: PROXY.httpsProxy, NO_PROXY: PROXY.noProxy });
    const calling = stacks().service.findResources('AWS::Lambda::Function', {
      Properties: { VpcConfig, Environment: { Variables } },
    });
    const names = Object.values(calling).map(
      ({ Properties }) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME,
    );
    expect(names.sort()).toEqual(CALLING);
    const inVpc = stacks().service.findResources('AWS::Lambda::Function', {
      Properties: { VpcConfig: Match.anyValue() },
    });
    expect(Object.keys(inVpc).sort()).toEqual(Object.keys(calling).sort());
  });

  it('may make network interfaces, and cdk-nag has nothing else to say', () => {
    const allowed = Match.objectLike({ Action: Match.arrayWith(['ec2:CreateNetworkInterface']), Resource: '*' });
    const roles = stacks().service.findResources('AWS::IAM::Role', {
      Properties: { Policies: [{ PolicyDocument: { Statement: Match.arrayWith([allowed]) } }] },
    });
    expect(Object.keys(roles).length).toBe(CALLING.length);
    expect(() => stacks().app.synth()).not.toThrow();
  });
});
