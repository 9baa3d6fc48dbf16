#!/usr/bin/env node
// Plain JavaScript that every Node since version 12 can read: it only says so where this one is too old for the rest.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 24 || (major === 24 && minor >= 15)) {
  void import('./compile-cache.mjs').then(({ keepCompiledCode }) => {
    keepCompiledCode(process.env.XDG_CACHE_HOME || '');
    return import('./main.ts');
  });
} else {
  console.error(
    `headlock: Node ${process.versions.node} is too old, 24.15 is needed. ` +
      '`npm ci` brings Node 24: then use `npm run headlock -- …` or `npx headlock …`.',
  );
  process.exitCode = 2;
}
