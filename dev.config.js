// The test runner on the TypeScript sources, without a build: `npx ava --config dev.config.js test/src/field/*.test.ts`.
export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  workerThreads: false,
  timeout: '5m',
  concurrency: 2,
};
