#!/usr/bin/env node
'use strict';

// Builds dist/ from the sources, unless it is what they give already. Plain JavaScript: it runs before anything is built.
// Types are taken off, not checked: that is `npm run typecheck`, and here it would cost each first start ten times the time.

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { basename, dirname, join, relative } = require('node:path');

const ROOT = join(__dirname, '..');
const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, 'build.sha256');
const LOCK = join(DIST, 'build.lock');

const SOURCE_FOLDERS = [
  ...['domain', 'workflows', 'activities', 'worker', 'api', 'store', 'adapters'],
  ...['cli', 'sandbox', 'supervisor', 'platform'],
];

/** As tsconfig.json has it: the same target, module form and treatment of class fields. */
const SWC = {
  swcrc: false,
  configFile: false,
  sourceMaps: true,
  jsc: { target: 'es2022', parser: { syntax: 'typescript' }, keepClassNames: true },
  // A dynamic import stays one: what it loads may be an ES module.
  module: { type: 'commonjs', ignoreDynamic: true },
};

function sourceFiles() {
  return SOURCE_FOLDERS.filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    )
    .sort();
}

function fingerprint() {
  const hash = createHash('sha256').update(process.versions.node);
  const others = ['package-lock.json', relative(ROOT, __filename)];
  for (const file of [...others, ...sourceFiles()]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex');
}

function isBuilt(current) {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === current && isWhole();
}

function isWhole() {
  const built = sourceFiles().map((file) => file.replace(/\.ts$/, '.js'));
  return [...built, 'workflow-bundle.js'].every((file) => existsSync(join(DIST, file)));
}

/**
 * Brings dist/ up to date; 50 ms where it is. Several may do so at the same time: one builds, the others wait for it. An image for
 * production holds dist/ and no sources: there is nothing to do there.
 * @throws Error where a source cannot be parsed, or the workflows not be bundled
 */
function ensureBuilt() {
  if (sourceFiles().length === 0) return;
  if (isBuilt(fingerprint())) return;
  const unlock = lock();
  try {
    const current = fingerprint();
    if (isBuilt(current)) return;
    rmSync(STAMP, { force: true });
    transpile();
    removeOrphans();
    bundleWorkflows();
    writeFileSync(STAMP, current);
  } finally {
    unlock();
  }
}

function transpile() {
  const { transformSync } = compiler();
  for (const file of sourceFiles()) {
    const built = join(DIST, file.replace(/\.ts$/, '.js'));
    const { code, map } = transformSync(readFileSync(join(ROOT, file), 'utf8'), {
      ...SWC,
      filename: join(ROOT, file),
      sourceFileName: relative(dirname(built), join(ROOT, file)),
    });
    mkdirSync(dirname(built), { recursive: true });
    write(`${built}.map`, map);
    write(built, `${code}//# sourceMappingURL=${basename(built)}.map\n`);
  }
}

/** By a rename: a process that starts meanwhile loads the old or the new, never half of it. */
function write(file, content) {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

function compiler() {
  try {
    return require('@swc/core');
  } catch {
    throw new Error('dist/ is not built, and what builds it is not installed. Run `npm ci`, then again.');
  }
}

function bundleWorkflows() {
  const script = join(DIST, 'supervisor', 'build-workflow-bundle.js');
  // To standard error: a command that builds on its way may have a result to print.
  const { status, error } = spawnSync(process.execPath, [script], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error('The workflows could not be bundled; see above.');
}

/** What was built from a source that is gone would still be found by a require. */
function removeOrphans() {
  const sources = new Set(sourceFiles().map((file) => file.replace(/\.ts$/, '')));
  for (const folder of SOURCE_FOLDERS.filter((name) => existsSync(join(DIST, name)))) {
    for (const name of readdirSync(join(DIST, folder), { recursive: true, encoding: 'utf8' })) {
      const built = /^(.*)\.js(?:\.map)?$/.exec(join(folder, name));
      if (built !== null && !sources.has(built[1])) rmSync(join(DIST, folder, name), { force: true });
    }
  }
}

const LONGEST_BUILD_MS = 300_000;

function lock() {
  const mine = `${LOCK}.${process.pid}`;
  mkdirSync(DIST, { recursive: true });
  writeFileSync(mine, String(process.pid));
  try {
    for (const deadline = Date.now() + LONGEST_BUILD_MS; ;) {
      try {
        linkSync(mine, LOCK);
        return () => rmSync(LOCK, { force: true });
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      if (isForsaken()) rmSync(LOCK, { force: true });
      else if (Date.now() > deadline) throw new Error(`Another build does not end. If there is none, delete ${LOCK}.`);
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Whether the build that holds the lock was killed: its process is gone, or another has its number by now. */
function isForsaken() {
  try {
    const age = Date.now() - statSync(LOCK).mtimeMs;
    process.kill(Number(readFileSync(LOCK, 'utf8')), 0);
    return age > LONGEST_BUILD_MS;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

module.exports = { ensureBuilt };

if (require.main === module) {
  try {
    ensureBuilt();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
