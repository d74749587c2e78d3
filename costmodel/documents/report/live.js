// Sliders, cells and bars: what the reports of a layer and of a network share.
const DATA = JSON.parse(document.getElementById("data").textContent);
const at = {}; // the integer of every slider, by its name
const byData = (name) => {
  const found = new Map();
  for (const element of document.querySelectorAll(`[data-${name}]`)) {
    const key = element.dataset[name];
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(element);
  }
  return found;
};
const inputs = byData("at");
const cells = byData("cell");
const rows = byData("row");

function write(key, text) {
  for (const element of cells.get(key) || []) element.textContent = text;
}

// Put a slider and the box beside it at a value; the slider grows where that lies beyond its end.
function place(key, value) {
  at[key] = value;
  for (const input of inputs.get(key) || []) {
    if (BigInt(input.max) < value) input.max = value.toString();
    if (input !== document.activeElement || input.type === "range") input.value = value.toString();
  }
}

// What was typed, as an integer within the bounds; null for anything else.
function typed(input) {
  if (!/^\d+$/.test(input.value)) return null;
  const value = BigInt(input.value);
  const low = BigInt(input.min);
  const high = greatest(...inputs.get(input.dataset.at).map((each) => BigInt(each.max)));
  return value < low ? low : value > high ? high : value;
}

function listen(changed) {
  for (const [key, group] of inputs) {
    at[key] = BigInt(group[0].value);
    for (const input of group) {
      input.addEventListener("input", () => {
        const value = typed(input);
        if (value === null) return;
        place(key, value);
        changed(key);
      });
      input.addEventListener("blur", () => place(key, at[key])); // what is typed is what counts
    }
  }
}

function option(element) {
  return getComputedStyle(document.documentElement).getPropertyValue(element).trim();
}

// One bar for each row: {label, value, text, hover, color}; longer ones are cut off and say so.
let drawn = null;
let onPaper = false;
let waiting = false;
function draw(bars) {
  drawn = bars;
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; paint(); });
}

function paint() {
  const { layout, row, frame, longest } = DATA.figure;
  const div = document.getElementById("figure");
  if (!drawn || !div) return;
  const end = longest === null ? Infinity : longest;
  const reach = Math.min(end, Math.max(longest === null ? 0 : 1, ...drawn.map((bar) => bar.value)));
  const text = onPaper ? "#000000" : option("--text"); // paper is white whatever the screen is
  const grid = option("--grid");
  const axis = { ...layout.xaxis, color: text, gridcolor: grid, range: [0, reach * 1.25 || 1] };
  Plotly.react(div, [{
    type: "bar",
    orientation: "h",
    y: drawn.map((bar) => bar.label),
    x: drawn.map((bar) => Math.min(bar.value, end)),
    text: drawn.map((bar) => (bar.value > end ? `${bar.text} ▸` : bar.text)),
    textposition: "outside",
    cliponaxis: false,
    customdata: drawn.map((bar) => bar.hover),
    hovertemplate: "<b>%{y}</b><br>%{customdata}<extra></extra>",
    marker: { color: drawn.map((bar) => bar.color) },
    textfont: { color: text, size: 11 },
  }], {
    ...layout,
    font: { ...layout.font, color: text },
    height: drawn.length * row + frame,
    xaxis: axis,
    yaxis: { ...layout.yaxis, color: text, dtick: 1, type: "category" },
  }, { responsive: true, displayModeBar: false });
}

// Whole closed parts are opened for paper, and closed again.
function printed() {
  let opened = [];
  const change = (toPaper) => () => {
    if (toPaper) opened = [...document.querySelectorAll("details:not([open])")];
    for (const part of opened) part.open = toPaper;
    onPaper = toPaper;
    paint();
    Plotly.Plots.resize("figure");
  };
  window.addEventListener("beforeprint", change(true));
  window.addEventListener("afterprint", change(false));
}

// What is wider than its place can be scrolled from the keyboard.
function scrollable() {
  for (const part of document.querySelectorAll(".wide, .formula")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}

function begin(changed, again) {
  listen(changed);
  const form = document.getElementById("sizes");
  if (form) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(again)); // once the inputs are back
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  printed();
  scrollable();
  window.addEventListener("resize", scrollable);
  for (const part of document.querySelectorAll("details")) {
    part.addEventListener("toggle", scrollable);
  }
}
