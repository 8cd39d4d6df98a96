/** A mark without an error below it: what the test of the refused ones stands on. */
// @ts-expect-error
export const fine = 1;
