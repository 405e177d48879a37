import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Stats } from "../api/types";

export type Minute = Stats["last_hour"][number];

const HEIGHT = 160; // pixels
export const OUTCOMES = [
  { name: "done", colour: "--good" },
  { name: "failed", colour: "--bad" },
  { name: "cancelled", colour: "--muted" },
] as const;

/** What finished in each minute of the last hour, as bars: done at the bottom, then failed, then cancelled. Its summary is in
 * words beside it, for those who do not see it. */
export function Throughput({ minutes }: { minutes: Minute[] }) {
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef<{ chart: uPlot; minutes: Minute[] }>(null);

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = () => {
      const now = shown.current?.minutes ?? [];
      shown.current?.chart.destroy();
      shown.current = { chart: new uPlot(optionsFor(element), stacked(now), element), minutes: now };
    };
    draw();
    const size = new ResizeObserver(() => shown.current?.chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    size.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)"); // a canvas does not follow style sheets
    scheme.addEventListener("change", draw);
    return () => {
      size.disconnect();
      scheme.removeEventListener("change", draw);
      shown.current?.chart.destroy();
      shown.current = null;
    };
  }, []);

  useEffect(() => {
    if (shown.current === null) return;
    shown.current.minutes = minutes;
    shown.current.chart.setData(stacked(minutes));
  }, [minutes]);

  return (
    <div className="throughput" aria-hidden="true" data-testid="chart">
      <div ref={place} />
    </div>
  );
}

/** Each series is stacked on the previous ones, and drawn behind them. */
function stacked(minutes: Minute[]): uPlot.AlignedData {
  return [
    minutes.map(({ minute }) => Date.parse(minute) / 1000),
    minutes.map(({ done, failed, cancelled }) => done + failed + cancelled),
    minutes.map(({ done, failed }) => done + failed),
    minutes.map(({ done }) => done),
  ];
}

function optionsFor(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const bars = uPlot.paths.bars?.({ size: [0.8, 24] });
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, _min, max) => [0, Math.max(4, Math.ceil(max * 1.1))] } },
    axes: [
      { ...axis, size: 30, grid: { show: false }, values: (_, seconds) => seconds.map(timeOfDay) },
      { ...axis, size: 56, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000] },
    ],
    series: [
      {},
      ...OUTCOMES.toReversed().map(({ name, colour: of }) => ({
        label: name,
        fill: colour(of),
        width: 0,
        points: { show: false },
        ...(bars && { paths: bars }),
      })),
    ],
  };
}

function timeOfDay(seconds: number): string {
  const at = new Date(seconds * 1000);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}
