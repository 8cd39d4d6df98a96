/** One value of each axis. */
export type MatrixCell<Axes extends Readonly<Record<string, readonly unknown[]>>> = {
  readonly [Axis in keyof Axes]: Axes[Axis][number];
};

/**
 * Every combination of some values, in order, the last axis fastest:
 * `matrix({ zone: ['a', 'b'], port: [80, 81] }, ({ zone, port }) => strictDns(`${zone}_${port}`, [`${zone}.internal:${port}`]))`.
 */
export function matrix<const Axes extends Readonly<Record<string, readonly unknown[]>>, T>(
  axes: Axes,
  make: (cell: MatrixCell<Axes>) => T,
): T[] {
  let cells: Record<string, unknown>[] = [{}];
  for (const [axis, values] of Object.entries(axes)) {
    cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [axis]: value })));
  }
  return cells.map((cell) => make(cell as MatrixCell<Axes>));
}
