/** What charts were given to draw, the last one last. */
export const charts: unknown[] = [];

/** Stands in for uPlot, which draws on a canvas, which only a browser has: tests/browser sees it drawn. */
export default class {
  static readonly paths = {};

  constructor(_: unknown, data: unknown) {
    charts.push(data);
  }

  setData(data: unknown): void {
    charts.push(data);
  }

  setSize(): void {
    // nothing to draw
  }

  destroy(): void {
    // nothing to end
  }
}
