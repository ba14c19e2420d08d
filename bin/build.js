#!/usr/bin/env node
'use strict';

// Builds dist/ from the sources, unless it is what they give already. Plain JavaScript: it runs before anything is built.

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { join, relative } = require('node:path');

const ROOT = join(__dirname, '..');
const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, 'build.sha256');
const LOCK = join(DIST, 'build.lock');
const TSC_MEMORY = join(DIST, 'build.tsbuildinfo');

/** Folders of the sources, as tsconfig.build.json names them. */
function sourceFolders() {
  return JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8')).include;
}

function sourceFiles() {
  return sourceFolders()
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    )
    .sort();
}

function fingerprint() {
  const hash = createHash('sha256').update(process.versions.node);
  const others = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', relative(ROOT, __filename)];
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
 * Brings dist/ up to date; 50 ms where it is. Several may do so at the same time: one builds, the others wait for it.
 * @throws Error where the sources do not compile
 */
function ensureBuilt() {
  if (isBuilt(fingerprint())) return;
  const unlock = lock();
  try {
    const current = fingerprint();
    if (isBuilt(current)) return;
    // Where something was deleted from dist/, TypeScript would still believe that it wrote it.
    if (existsSync(STAMP) && !isWhole()) rmSync(TSC_MEMORY, { force: true });
    rmSync(STAMP, { force: true });
    run('TypeScript', [compiler(), '-p', join(ROOT, 'tsconfig.build.json')]);
    removeOrphans();
    run('the workflow bundle', [join(DIST, 'supervisor', 'build-workflow-bundle.js')]);
    writeFileSync(STAMP, current);
  } finally {
    unlock();
  }
}

function compiler() {
  try {
    return require.resolve('typescript/bin/tsc');
  } catch {
    throw new Error(
      'dist/ is not built, and the compiler is not installed. Run `npm ci` (without --omit=dev), then again.',
    );
  }
}

function run(what, args) {
  // To standard error: a command that builds on its way may have a result to print.
  const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`The build failed at ${what}; see above.`);
}

/** What was built from a source that is gone would still be found by a require. */
function removeOrphans() {
  const sources = new Set(sourceFiles().map((file) => file.replace(/\.ts$/, '')));
  for (const folder of sourceFolders().filter((name) => existsSync(join(DIST, name)))) {
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
