#!/usr/bin/env node
'use strict';

// The `handoff` command: builds what is not built yet, then runs it in this process. Plain JavaScript: it runs before anything is built.

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const ROOT = join(__dirname, '..');

try {
  // An image for production holds dist/ and no sources.
  if (existsSync(join(ROOT, 'tsconfig.build.json'))) require('./build.js').ensureBuilt();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

require(join(ROOT, 'dist', 'cli', 'main.js'));
