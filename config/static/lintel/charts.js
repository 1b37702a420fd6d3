// Draws figures from the tables beneath them: what is drawn is what the table says, and without this script it is there.
//
// <figure data-chart="bar | line | stacked" data-table="id of the table" data-unit="usd | percent | seconds | count"
//         data-goal="80" data-goal-label="80 %"><figcaption>What it shows</figcaption></figure>
//
// Rows are the places along the axis, named by their first cell. Columns whose head has data-series are drawn, all but
// the first where none has. A cell's number is its data-value, else its text; without one there is a gap, never a 0.
// Rows with data-chart-skip (sums) are left out. Unit and goal may be missing. A table with data-newest-first is drawn from
// its end; a bar whose cell has data-warn is drawn in the color of warnings.

const NAMED_COLORS = 8;
const DASH = [5, 4];

const money = new Intl.NumberFormat("en", { style: "currency", currency: "USD", minimumFractionDigits: 0, maximumSignificantDigits: 4 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const UNITS = {
  usd: { tick: (value) => money.format(value), full: (value) => money.format(value) },
  percent: { tick: (value) => `${compact.format(value)} %`, full: (value) => `${plain.format(value)} %` },
  seconds: { tick: (value) => `${compact.format(value)} s`, full: (value) => `${plain.format(value)} s` },
  count: { tick: (value) => compact.format(value), full: (value) => plain.format(value) },
};

const drawn = new Map();
const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** A color of the theme in the only words that Chart.js understands. */
function color(figure, name, alpha = 1) {
  const probe = figure.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  brush.clearRect(0, 0, 1, 1);
  brush.fillStyle = getComputedStyle(probe).color;
  brush.fillRect(0, 0, 1, 1);
  probe.remove();
  const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

function number(cell) {
  const text = (cell?.dataset.value ?? cell?.textContent ?? "").replaceAll(",", "").trim();
  return text === "" || Number.isNaN(Number(text)) ? null : Number(text);
}

/** What a table says: the names of its rows, and each series with its numbers. */
function read(table) {
  const heads = [...table.tHead.rows[0].cells];
  const marked = heads.filter((head) => "series" in head.dataset);
  const rows = [...table.tBodies[0].rows].filter((row) => !("chartSkip" in row.dataset));
  if ("newestFirst" in table.dataset) rows.reverse();
  const series = (marked.length ? marked : heads.slice(1)).map((head) => ({
    label: head.dataset.series || head.textContent.trim(),
    data: rows.map((row) => number(row.cells[head.cellIndex])),
    warns: rows.map((row) => "warn" in (row.cells[head.cellIndex]?.dataset ?? {})),
  }));
  return { labels: rows.map((row) => row.cells[0].dataset.label ?? row.cells[0].textContent.trim()), series };
}

function datasets(figure, series) {
  const line = figure.dataset.chart === "line";
  return series.map((each, index) => {
    const name = index < NAMED_COLORS ? `--chart-${index + 1}` : "--chart-rest";
    const shade = color(figure, name);
    const shape = line
      ? { borderColor: shade, borderWidth: 2, pointRadius: 2.5, pointHitRadius: 12, tension: 0, spanGaps: false }
      : { borderWidth: 0, borderRadius: 2, maxBarThickness: 56, hoverBackgroundColor: color(figure, name, 0.8) };
    const { warns, ...drawn } = each;
    const paint = warns.includes(true) ? warns.map((warn) => (warn ? color(figure, "--brick") : shade)) : shade;
    return { ...drawn, ...shape, backgroundColor: line ? shade : paint };
  });
}

/** The line to stay above or below, with its name at its end. */
function goalLine(figure) {
  const { goal, goalLabel } = figure.dataset;
  return {
    id: "goal",
    afterDatasetsDraw({ ctx, chartArea: { left, right }, scales: { y } }) {
      if (goal === undefined) return;
      const height = y.getPixelForValue(Number(goal));
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = color(figure, "--copper-ink");
      ctx.setLineDash(DASH);
      ctx.beginPath();
      ctx.moveTo(left, height);
      ctx.lineTo(right, height);
      ctx.stroke();
      ctx.font = `600 12px ${getComputedStyle(figure).fontFamily}`;
      ctx.textAlign = "right";
      ctx.setLineDash([]);
      ctx.lineWidth = 4;
      ctx.strokeStyle = color(figure, "--sheet"); // keeps the words readable over a bar
      ctx.strokeText(goalLabel ?? goal, right, height - 5);
      ctx.fillText(goalLabel ?? goal, right, height - 5);
      ctx.restore();
    },
  };
}

function options(figure, series) {
  const unit = UNITS[figure.dataset.unit] ?? UNITS.count;
  const stacked = figure.dataset.chart === "stacked";
  const [ink, line] = [color(figure, "--ink-soft"), color(figure, "--line")];
  return {
    animation: false,
    maintainAspectRatio: false,
    layout: { padding: { top: figure.dataset.goal === undefined ? 4 : 16 } },
    color: ink,
    font: { family: getComputedStyle(figure).fontFamily },
    interaction: { mode: "index", intersect: false },
    scales: {
      x: { stacked, grid: { display: false }, border: { color: line }, ticks: { color: ink, maxRotation: 0, autoSkipPadding: 12 } },
      y: {
        stacked, beginAtZero: true, suggestedMax: figure.dataset.goal, grid: { color: line }, border: { display: false },
        ticks: { color: ink, maxTicksLimit: 6, callback: unit.tick },
      },
    },
    plugins: {
      legend: { display: series.length > 1, position: "bottom", labels: { color: ink, boxWidth: 12, boxHeight: 12 } },
      tooltip: {
        backgroundColor: color(figure, "--raised"), borderColor: color(figure, "--line-strong"), borderWidth: 1,
        titleColor: color(figure, "--ink"), bodyColor: color(figure, "--ink"), boxPadding: 4,
        filter: (item) => item.raw !== null && (!stacked || item.raw !== 0),
        callbacks: { label: (item) => `${item.dataset.label}: ${unit.full(item.raw)}` },
      },
    },
  };
}

function plotOf(figure) {
  const plot = document.createElement("div");
  plot.className = "plot";
  const canvas = plot.appendChild(document.createElement("canvas"));
  canvas.role = "img";
  canvas.ariaLabel = figure.querySelector("figcaption")?.textContent.trim() ?? "";
  canvas.setAttribute("aria-details", figure.dataset.table);
  figure.append(plot);
  return canvas;
}

function draw(figure) {
  drawn.get(figure)?.destroy();
  drawn.delete(figure);
  figure.querySelector(".plot")?.remove();
  const table = document.getElementById(figure.dataset.table);
  const { labels, series } = table?.tBodies.length ? read(table) : { labels: [], series: [] };
  figure.hidden = !labels.length || !series.length;
  if (figure.hidden) return;
  const type = figure.dataset.chart === "line" ? "line" : "bar";
  const data = { labels, datasets: datasets(figure, series) };
  const settings = { type, data, options: options(figure, series), plugins: [goalLine(figure)] };
  drawn.set(figure, new globalThis.Chart(plotOf(figure), settings));
}

/** Draw, or draw anew, every figure of the page; those that have left it are forgotten. */
export function drawCharts() {
  for (const [figure, chart] of drawn) {
    if (figure.isConnected) continue;
    chart.destroy();
    drawn.delete(figure);
  }
  for (const figure of document.querySelectorAll("figure[data-chart]")) draw(figure);
}

if (globalThis.Chart) {
  drawCharts();
  document.addEventListener("htmx:load", drawCharts);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
  new MutationObserver(drawCharts).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
