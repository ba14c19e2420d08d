/**
 * What only the whole graph shows: cycles, those of types alone included, and packages that production would not have.
 * Who may import what, folder by folder, is eslint.config.mjs's.
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment:
        'Files that import each other, types included, cannot be read or changed apart. Move what both need to a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-development-package',
      comment: 'The production image has no devDependencies. Move the package to dependencies, or do without.',
      severity: 'error',
      from: { pathNot: '^(tests|bench)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '/@types/' },
    },
    {
      name: 'no-undeclared-package',
      comment: 'It is here only because another package brought it. Declare it in package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-unresolvable',
      comment: 'It would fail when first loaded.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^(dist|bin|[.]handoff|tests/lint/planted)/', '^[^/]+[.](js|cjs|mjs)$'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
  },
};
