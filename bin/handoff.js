#!/usr/bin/env node
'use strict';

// The `handoff` command: builds what is not built yet, then runs it in this process. Plain JavaScript: it runs before anything is built.

const { join } = require('node:path');

const ROOT = join(__dirname, '..');

try {
  require('./build.js').ensureBuilt();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

require(join(ROOT, 'dist', 'cli', 'main.js'));
