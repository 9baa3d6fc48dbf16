import { z } from 'zod';

/** Where the functions run that call forges, and through what they do. */
export interface Network {
  /** Of a VPC that reaches the forge, and AWS by endpoints or NAT; null is AWS's own network, with the internet. */
  readonly vpc: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] } | null;
  /** As `HTTPS_PROXY` and `NO_PROXY` have it. */
  readonly httpsProxy: string | null;
  readonly noProxy: string | null;
}

const ids = (prefix: string) => z.array(z.string().regex(new RegExp(`^${prefix}-[0-9a-f]+$`))).min(1);
const WITHOUT_CREDENTIALS = {
  error: "Take user name and password out: whoever may read the functions' configuration would see them.",
};

export const networkSchema = z
  .strictObject({
    subnetIds: ids('subnet').optional(),
    securityGroupIds: ids('sg').optional(),
    httpsProxy: z
      .url({ protocol: /^https?$/ })
      .refine((url) => !url.includes('@'), WITHOUT_CREDENTIALS)
      .optional(),
    noProxy: z.string().min(1).optional(),
  })
  .refine(({ subnetIds, securityGroupIds }) => (subnetIds === undefined) === (securityGroupIds === undefined), {
    error: '`subnetIds` and `securityGroupIds` need each other.',
  })
  .prefault({})
  .transform(({ subnetIds, securityGroupIds, httpsProxy = null, noProxy = null }): Network => {
    const vpc = subnetIds === undefined || securityGroupIds === undefined ? null : { subnetIds, securityGroupIds };
    return { vpc, httpsProxy, noProxy };
  });
