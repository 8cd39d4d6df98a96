/**
 * The file that the worker runs: the module beside this one, unless whoever started the compiler has it in another form.
 */
export const workerEntry: { url: URL } = { url: new URL('./worker.js', import.meta.url) };
