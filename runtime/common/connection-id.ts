let last = 0;

/** Ids of the connections of this process, to either side: 1, 2, ... */
export function nextConnectionId(): number {
  return ++last;
}
