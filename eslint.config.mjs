import boundaries from 'eslint-plugin-boundaries';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * Who may import what, by part of the tree; a file belongs to the first part that matches it. `values` and `types` are parts (a part's types come with its values); `packages` are what
 * may come from outside, `typePackages` what may only be an `import type`. No list of packages: any. Cycles and packages
 * that production lacks are .dependency-cruiser.cjs's.
 */
export const PARTS = {
  'phase-rules': {
    files: ['domain/phase/**/*', 'domain/migration/**/*', 'domain/journey-kinds/**/*', 'domain/unreachable.ts'],
    values: ['phase-rules'],
    types: ['domain'],
    packages: [],
    why: 'domain/phase, domain/migration and domain/journey-kinds run inside the workflow sandbox: they take values only from there and domain/unreachable, and no package.',
  },
  domain: {
    files: ['domain/**/*'],
    values: ['domain', 'phase-rules'],
    packages: ['zod', 'yaml', 'luxon', 'jsonata', 'pure-rand', 'node:crypto'],
    why: 'domain/ is pure: it takes only from domain/, zod, yaml, luxon, jsonata, pure-rand and node:crypto. Pass in what it needs.',
  },
  workflows: {
    files: ['workflows/**/*'],
    values: ['workflows', 'phase-rules'],
    types: ['domain', 'platform', 'store', 'activities', 'worker', 'api'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
    typePackages: ['@temporalio/*'],
    why: 'workflows/ must replay: it takes values only from workflows/, domain/phase, domain/migration, domain/journey-kinds, domain/unreachable, @temporalio/workflow and @temporalio/common. Make it an `import type`, or decide in an activity.',
  },
  platform: {
    files: ['platform/**/*'],
    values: ['platform', 'domain', 'phase-rules'],
    why: 'platform/ serves every process: of the product it knows only domain/.',
  },
  store: {
    files: ['store/**/*'],
    values: ['store', 'platform', 'domain', 'phase-rules'],
    types: ['activities'],
    why: 'store/ knows Postgres, domain/ and platform/, and of activities/ only the types of its ports.',
  },
  'foreign-sql': {
    files: ['adapters/metrics/read-only-query.ts'],
    values: ['platform', 'domain', 'phase-rules'],
    why: "adapters/metrics/read-only-query.ts asks somebody else's Postgres: it knows only platform/ and domain/.",
  },
  adapters: {
    files: ['adapters/**/*'],
    values: ['adapters', 'foreign-sql', 'platform', 'domain', 'phase-rules'],
    types: ['activities'],
    why: 'adapters/ stand behind ports: they know domain/, platform/, and of activities/ only the types of those ports.',
  },
  activities: {
    files: ['activities/**/*'],
    values: ['activities', 'adapters', 'store', 'platform', 'domain', 'phase-rules'],
    types: ['workflows'],
    why: 'activities/ know store/, adapters/, platform/ and domain/, no process, and of workflows/ only types.',
  },
  worker: {
    files: ['worker/**/*'],
    values: ['worker', 'activities', 'adapters', 'store', 'platform', 'domain', 'phase-rules'],
    types: ['workflows'],
    why: 'worker/ is a process of its own: it knows no other process, and workflows/ only as types and as a bundle.',
  },
  api: {
    files: ['api/**/*'],
    values: ['api', 'activities', 'store', 'platform', 'domain', 'phase-rules'],
    types: ['workflows'],
    why: 'api/ is a process of its own: it knows no other process, and of workflows/ only types.',
  },
  rehearse: {
    files: ['cli/rehearse/**/*'],
    values: ['rehearse', 'cli', 'supervisor', 'sandbox', 'platform', 'domain', 'phase-rules'],
    types: ['api'],
    why: 'cli/rehearse/ brings a system up and talks to it over HTTP: it may use supervisor/ and sandbox/, not the insides of api/, worker/ or store/.',
  },
  cli: {
    files: ['cli/**/*'],
    values: ['cli', 'rehearse', 'platform', 'domain', 'phase-rules'],
    types: ['api'],
    why: 'cli/ talks to the API over HTTP: of api/ it knows only the types of answers, and of the other processes nothing.',
  },
  sandbox: {
    files: ['sandbox/**/*'],
    values: ['sandbox', 'platform', 'domain', 'phase-rules'],
    why: 'sandbox/ plays the stacks outside: it talks to the product over HTTP and knows only domain/ and platform/.',
  },
  supervisor: {
    files: ['supervisor/**/*'],
    values: ['supervisor', 'store', 'platform', 'domain', 'phase-rules'],
    why: 'supervisor/ starts the other processes, it does not load them: it knows only store/, platform/ and domain/.',
  },
};

/** May import whatever they like; nothing but themselves may import them. */
const FREE_PARTS = { tests: ['tests/**/*'], bench: ['bench/**/*'] };

/** Packages that only some parts may use: a query stands in store/, a route in api/. */
const RESERVED_PACKAGES = [
  {
    names: ['umzug'],
    parts: ['store', 'supervisor'],
    why: 'Postgres is spoken to in store/, one module per aggregate.',
  },
  {
    names: ['pg'],
    parts: ['store', 'supervisor', 'foreign-sql'],
    why: 'Postgres is spoken to in store/, one module per aggregate.',
  },
  {
    names: ['express', 'helmet'],
    parts: ['api', 'sandbox'],
    why: 'HTTP is served by api/ and by the stacks of sandbox/.',
  },
];

/** The one file of a process that reads the environment. */
const READS_ENVIRONMENT = ['*/config.ts', 'supervisor/environment.ts', 'tests/**/*', 'bench/**/*'];

const ENVIRONMENT = "The environment is read in the process's config.ts alone, by its schema.";

const DETERMINISM = 'domain/ gives the same answer for the same input. ';

/** What makes a rule impure without an import. */
const IMPURE_SYNTAX = [
  ['NewExpression[callee.name="Date"][arguments.length=0]', 'Pass the time in (domain/time/clock.ts).'],
  ['CallExpression[callee.name="Date"]', 'Pass the time in (domain/time/clock.ts).'],
  ['MemberExpression[object.name="Date"][property.name="now"]', 'Pass the time in (domain/time/clock.ts).'],
  ['MemberExpression[object.name="Math"][property.name="random"]', 'Pass a seed in.'],
  [
    'ImportDeclaration[source.value="node:crypto"] > ImportSpecifier:not([imported.name=/^(createHash|hash)$/])',
    'Of node:crypto it takes createHash and hash alone.',
  ],
  [
    'ImportDeclaration[source.value="node:crypto"] > :matches(ImportDefaultSpecifier, ImportNamespaceSpecifier)',
    'Of node:crypto it takes createHash and hash alone, by name.',
  ],
].map(([selector, what]) => ({ selector, message: DETERMINISM + what }));

const IMPURE_GLOBALS = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'fetch', 'crypto', 'console'],
  ...['process', 'globalThis', 'global', 'require'],
].map((name) => ({
  name,
  message: `${DETERMINISM}It has no clock, no timer, no randomness, no I/O and no environment.`,
}));

function partPolicies() {
  return Object.entries(PARTS).flatMap(([part, { values, types = [], packages, typePackages = [], why }]) => {
    const from = { file: { categories: part } };
    const local = (parts, kind) =>
      parts.map((category) => ({ to: { file: { categories: category } }, ...(kind && { dependency: { kind } }) }));
    const outside = (names, kind) =>
      names.map((name) => ({
        to: {
          module: name.startsWith('node:') ? { origin: 'core', source: name } : { origin: 'external', source: name },
        },
        ...(kind && { dependency: { kind } }),
      }));
    const anyPackage = [{ to: { module: { origin: ['external', 'core'] } } }];
    return [
      { from, disallow: [{ to: { module: { origin: '*' } } }], message: why },
      {
        from,
        allow: [
          ...local(values),
          ...local(types, 'type'),
          ...(packages ? outside(packages) : anyPackage),
          ...outside(typePackages, 'type'),
        ],
      },
    ];
  });
}

function reservedPackagePolicies() {
  return RESERVED_PACKAGES.map(({ names, parts, why }) => ({
    from: { file: { categories: Object.keys(PARTS).filter((part) => !parts.includes(part)) } },
    disallow: names.map((name) => ({
      to: { module: { origin: 'external', source: name } },
      dependency: { kind: 'value' },
    })),
    message: why,
  }));
}

/** The configuration of a source tree that stands at `root`: this one, or the one of planted violations. */
export function configure(root) {
  return defineConfig(
    globalIgnores(['dist', '.handoff', 'coverage', 'tests/lint/planted']),
    ...tseslint.configs.strictTypeChecked,
    {
      languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
      linterOptions: { reportUnusedDisableDirectives: 'error' },
      plugins: { boundaries },
      settings: {
        'import/resolver': { typescript: { project: `${root}/tsconfig.json` } },
        'boundaries/root-path': root,
        'boundaries/files': [
          ...Object.entries(PARTS).map(([category, { files }]) => ({ category, pattern: files })),
          ...Object.entries(FREE_PARTS).map(([category, pattern]) => ({ category, pattern })),
        ],
        'boundaries/files-single-match': true,
      },
      rules: {
        '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
        // Where all of an import are types it says so once, or the boundaries take it for a value.
        '@typescript-eslint/no-import-type-side-effects': 'error',
        '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
        '@typescript-eslint/switch-exhaustiveness-check': 'error',
        // Express knows an error handler by its four parameters.
        '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
        // A query's row type is given by the caller.
        '@typescript-eslint/no-unnecessary-type-parameters': 'off',
        'boundaries/no-unknown-files': 'error',
        'boundaries/dependencies': [
          'error',
          {
            default: 'allow',
            checkAllOrigins: true,
            checkUnknownLocals: true,
            policies: [...partPolicies(), ...reservedPackagePolicies()],
          },
        ],
      },
    },
    {
      ignores: READS_ENVIRONMENT,
      rules: {
        'no-restricted-properties': [
          'error',
          {
            object: 'process',
            property: 'env',
            message: ENVIRONMENT,
          },
        ],
        'no-restricted-imports': [
          'error',
          {
            paths: ['node:process', 'process'].map((name) => ({ name, importNames: ['env'], message: ENVIRONMENT })),
          },
        ],
      },
    },
    {
      // Scripts around the product: run as they are, by no type checker's project.
      files: ['**/*.{js,cjs,mjs}'],
      extends: [tseslint.configs.disableTypeChecked],
      rules: {
        '@typescript-eslint/no-require-imports': 'off',
        'boundaries/no-unknown-files': 'off',
        'no-restricted-properties': 'off',
      },
    },
    {
      files: ['{activities,adapters,api,cli,platform,sandbox,worker}/**/*.ts'],
      // What it asks with is a plan's.
      ignores: PARTS['foreign-sql'].files,
      rules: {
        'no-restricted-syntax': [
          'error',
          {
            // A ping is no query.
            selector: 'CallExpression[callee.property.name="query"]:not([arguments.0.value="SELECT 1"])',
            message: 'SQL stands in store/, one module per aggregate, one statement with a name.',
          },
        ],
      },
    },
    {
      // jest types its matchers (expect.any, expect.objectContaining) as any.
      files: ['tests/**/*.ts'],
      rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
    },
    {
      files: ['domain/**/*.ts'],
      rules: {
        'no-restricted-globals': ['error', ...IMPURE_GLOBALS],
        'no-restricted-syntax': ['error', ...IMPURE_SYNTAX],
      },
    },
  );
}

export default configure(import.meta.dirname);
