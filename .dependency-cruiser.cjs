/** The arrows of docs/architecture.md, from the same table as ESLint and test/build/layers.test.ts. */
const layers = require('./build/layers.json');

const folder = (layer) => (layer === 'board' ? '^board/' : `^src/${layer}/`);

const arrows = Object.entries(layers).map(([layer, below]) => ({
  name: `${layer}-points-down`,
  comment: `${layer} may import only itself${below.length > 0 ? ' and ' + below.join(', ') : ''}`,
  severity: 'error',
  from: { path: folder(layer) },
  to: { pathNot: [layer, ...below].map(folder) },
}));

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'no-circular',
      comment: 'two files that need each other are one file, or miss a third',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'mock-takes-types-only',
      comment: 'simulated hardware knows the shape of the HAL, not its code',
      severity: 'error',
      from: { path: '^src/hal-mock/' },
      to: { path: '^src/hal/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/|^board/kaluma/' }, // the prelude of Kaluma names modules of its own
  },
};
