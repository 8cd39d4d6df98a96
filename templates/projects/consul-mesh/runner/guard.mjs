/**
 * Loaded into every child process (`node --import`): ends it when the process that started it is gone, even if that was
 * killed without a chance to clean up.
 */
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 500).unref();
