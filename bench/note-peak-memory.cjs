// Preloaded into a process: leaves behind, in kilobytes, the most memory that it ever held.
const { writeFileSync } = require('node:fs');

process.on('exit', () => {
  writeFileSync(process.env.NOTE_PEAK_MEMORY_IN, String(process.resourceUsage().maxRSS));
});
