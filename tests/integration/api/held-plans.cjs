// Loaded by the API's plan thread ahead of its script, so that it hears of each plan first. What becomes of a plan stands in its last line.
const { appendFileSync, existsSync } = require('node:fs');
const { parentPort } = require('node:worker_threads');

parentPort.on('message', ({ text }) => {
  const [, what, folder] = /\n# (held in|dies)(?: (.*))?$/.exec(text) ?? [];
  if (what === 'dies') process.exit(7);
  if (what !== 'held in') return;
  while (!existsSync(`${folder}/go-on`)) {
    appendFileSync(`${folder}/under-way`, '.');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
});
