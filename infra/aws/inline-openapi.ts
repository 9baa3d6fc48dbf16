import type { Plugin } from 'esbuild';

/**
 * Bundles the API's description as it is, in place of what makes it: a function would load a library of schemas at each
 * cold start to say the same every time.
 */
export const inlineOpenApi: Plugin = {
  name: 'inline-openapi',
  setup(build) {
    build.onLoad({ filter: /\/functions\/trusted-revision\/openapi\.ts$/ }, async ({ path }) => {
      const { createOpenApiDocument } = await import(path);
      const document = JSON.stringify(JSON.stringify(createOpenApiDocument()));
      return { contents: `export const createOpenApiDocument = () => JSON.parse(${document});`, loader: 'js' };
    });
  },
};
