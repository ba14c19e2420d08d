// Preloaded into a process that is measured: says, when it is asked, what CPU it has used and what memory it holds.
process.on('message', (message) => {
  if (message === 'usage') process.send({ usage: { ...process.cpuUsage(), residentBytes: process.memoryUsage.rss() } });
});
// The channel must not keep a process alive that has nothing left to do.
process.channel?.unref();
// What a benchmark started ends with it, however it ends.
process.once('disconnect', () => process.exit(1));
