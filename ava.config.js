export default {
  files: ['build/test/**/*.test.js'],
  workerThreads: false,
  timeout: '5m',
  concurrency: 2,
};
