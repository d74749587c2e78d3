// The stages of a variant as a picture that moves: a window slides, multiplies count up.
// What is told is sizes of axes and how windows move; every count here is multiplied here.

const SVG = "http://www.w3.org/2000/svg";
const SHOWN = 7; // positions drawn per axis, of however many there are
const CELL = 15;
const SECONDS = 3; // of one stage

const product = (sizes) => sizes.reduce((so, size) => so * BigInt(size), 1n);

// Products at one position of the window, of all images and groups: every weight and output axis.
export function atOnePosition(stage) {
  const axes = [...stage.outputs, ...stage.summed].map((axis) => axis.size);
  return product([...axes, stage.groups, stage.batch]);
}

export function positions(stage) {
  return product(stage.grid.map((g) => (g.transposed ? g.size : g.out)));
}

// Multiplies of a stage once its window has been at `done` of its positions.
export function counted(stage, done) {
  const times = BigInt(stage.times);
  if (stage.given === null) return atOnePosition(stage) * done * times;
  const whole = product([stage.given, stage.groups, stage.batch]);
  return (whole * done * times) / positions(stage);
}

export function total(stages) {
  return stages.reduce((so, stage) => so + counted(stage, positions(stage)), 0n);
}

const words = (number) => number.toLocaleString("en-US");

function element(parent, name, attributes = {}, text = "") {
  const made = name.startsWith("svg:")
    ? document.createElementNS(SVG, name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

// -- one stage ---------------------------------------------------------------------------------

// The two axes that are drawn: rows and columns, of a volume without its depth.
function plane(grid) {
  const still = { window: false, kernel: 1, stride: 1, dilation: 1, before: 0, size: "1", out: "1" };
  return [still, ...grid].slice(-2);
}

// Cells of one axis: what is moved over (fixed), and what is reached by place and tap.
function along(g) {
  const over = Number(g.transposed ? g.size : g.out);
  const places = Math.min(over, SHOWN);
  const reach = (place, tap) => place * g.stride + tap * g.dilation - g.before;
  const last = Number(g.transposed ? g.out : g.size);
  const high = Math.max(0, Math.min(reach(places - 1, g.kernel - 1), last - 1 + g.kernel));
  return { g, places, reach, last, low: Math.min(0, reach(0, 0)), high: Math.min(high, 24) };
}

function sheets(svg, x, y, width, height, axes) {
  const channels = axes.reduce((so, axis) => so * Number(axis.size), 1);
  const names = axes.flatMap((axis) => axis.names).join(" ");
  for (let back = Math.min(channels, 4) - 1; back > 0; back--) {
    const at = { x: x + 4 * back, y: y - 4 * back, width, height };
    element(svg, "svg:rect", { ...at, class: "sheet", "data-axis": names });
  }
  const text = axes.map((axis) => `${axis.names.join("·")} = ${axis.size}`).join(", ");
  element(svg, "svg:text", { x, y: y + height + 14, "data-axis": names }, text || "one channel");
}

function drawn(parent, stage) {
  const [rows, columns] = plane(stage.grid).map(along);
  const transposed = stage.grid.some((g) => g.transposed);
  const wide = columns.high - columns.low + 1, tall = rows.high - rows.low + 1;
  const top = 18, gap = 90;
  const height = top + CELL * Math.max(tall, rows.places) + 24;
  const width = CELL * (wide + columns.places) + gap + 60;
  const label = `${stage.kind}: a window moves over the grid and fills the output, cell by cell`;
  const viewBox = `0 -4 ${width} ${height + 4}`;
  const box = { viewBox, style: `max-width: ${1.25 * width}px`, role: "img", "aria-label": label };
  const svg = element(parent, "svg:svg", box);
  const reached = new Map(), fixed = new Map();
  const reachedAt = transposed ? CELL * columns.places + gap : 4;
  const fixedAt = transposed ? 4 : CELL * wide + gap;
  const ends = transposed ? [stage.outputs, stage.inputs] : [stage.inputs, stage.outputs];
  sheets(svg, reachedAt, top, CELL * wide, CELL * tall, ends[0]);
  sheets(svg, fixedAt, top, CELL * columns.places, CELL * rows.places, ends[1]);
  const cell = (x, y, kind, names) => element(svg, "svg:rect", {
    x, y, width: CELL - 2, height: CELL - 2, class: `cell ${kind}`, "data-axis": names.join(" "),
  });
  const letters = [rows, columns].filter((a) => a.g.window).map((a) => a.g.letter);
  const names = [rows, columns].map((a) => a.g.place).filter(Boolean);
  for (let r = rows.low; r <= rows.high; r++)
    for (let c = columns.low; c <= columns.high; c++) {
      const inside = r >= 0 && c >= 0 && r < rows.last && c < columns.last;
      const [x, y] = [reachedAt + CELL * (c - columns.low), top + CELL * (r - rows.low)];
      reached.set(`${r} ${c}`, cell(x, y, inside ? "" : "zero", letters));
    }
  for (let r = 0; r < rows.places; r++)
    for (let c = 0; c < columns.places; c++)
      fixed.set(`${r} ${c}`, cell(fixedAt + CELL * c, top + CELL * r, "", names));
  element(svg, "svg:text", { x: 4 + CELL * (transposed ? columns.places : wide) + gap / 2 - 12, y: top + 20 }, "→");
  // The window at a place, and everything before it done; at the end, with the last place too.
  return (share) => {
    const all = rows.places * columns.places;
    const place = Math.min(Math.floor((share * all) / 1000), all - 1);
    for (const one of [...reached.values(), ...fixed.values()]) one.classList.remove("tap", "here", "done");
    const row = Math.floor(place / columns.places), column = place % columns.places;
    for (const [key, one] of fixed) {
      const [r, c] = key.split(" ").map(Number);
      if (share === 1000 || r * columns.places + c < place) one.classList.add("done");
    }
    fixed.get(`${row} ${column}`)?.classList.add("here");
    for (let i = 0; i < rows.g.kernel; i++)
      for (let j = 0; j < columns.g.kernel; j++)
        reached.get(`${rows.reach(row, i)} ${columns.reach(column, j)}`)?.classList.add("tap");
  };
}

function formula(parent, stage) {
  const line = element(parent, "div", { class: "formula" });
  const axes = new Set([
    ...[...stage.inputs, ...stage.weights, ...stage.outputs].flatMap((axis) => axis.names),
    ...stage.grid.map((g) => g.place),
  ]);
  for (const [token] of stage.formula.matchAll(/[\p{L}_][\p{L}\p{N}_]*|\d+|./gu)) {
    if (axes.has(token)) element(line, "span", { "data-axis": token }, token);
    else line.append(token);
  }
}

function factors(parent, stage) {
  const row = element(parent, "div", { class: "row" });
  const chip = (axis) => {
    const names = axis.names.join(" ");
    element(row, "button", { type: "button", "data-axis": names }, `${axis.names.join("·")} = ${axis.size}`);
  };
  [...stage.outputs, ...stage.summed].forEach(chip);
  for (const g of stage.grid) chip({ names: [g.place], size: g.transposed ? g.size : g.out });
  const further = [["groups", stage.groups], ["images", stage.batch], ["times in a row", stage.times]];
  for (const [what, number] of further)
    if (number !== "1") element(row, "span", { class: "small" }, `× ${number} ${what}`);
  if (stage.given !== null)
    element(row, "span", { class: "small" }, `the algorithm says ${words(BigInt(stage.given))} multiplies`);
}

// -- all of them -------------------------------------------------------------------------------

export default function show({ parentElement, data }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const before = parentElement.querySelector(".explainer");
  const told = JSON.stringify(data);
  if (before?.told === told) return; // the page was drawn anew, with the same stages
  before?.remove();
  const root = element(parentElement, "div", { class: "explainer", style: `--color: ${data.color}` });
  root.told = told;
  const bar = element(root, "div", { class: "bar" });
  const play = element(bar, "button", { type: "button" }, "Play");
  const steps = 1000 * data.stages.length;
  const slider = element(bar, "input", { type: "range", min: 0, max: steps, "aria-label": "Progress" });
  const count = element(bar, "span", { class: "count", "data-testid": "explainer-count" });
  const panels = data.stages.map((stage, number) => {
    const panel = element(root, "div", { class: "stage" });
    element(panel, "div", { class: "kind" }, `${number + 1}. ${stage.kind}: ${stage.text}`);
    formula(panel, stage);
    factors(panel, stage);
    const move = drawn(panel, stage);
    const own = element(panel, "div", { class: "small" });
    return { stage, panel, move, own, all: positions(stage) };
  });
  let now = steps, frame = 0, last = null;

  function draw() {
    let sum = 0n;
    panels.forEach(({ stage, panel, move, own, all }, number) => {
      const share = Math.max(0, Math.min(1000, now - 1000 * number));
      const done = (all * BigInt(Math.round(share))) / 1000n;
      move(share);
      panel.classList.toggle("running", share > 0 && share < 1000);
      const so = counted(stage, done);
      sum += so;
      own.textContent = `${words(done)} of ${words(all)} positions: ${words(so)} multiplies`;
    });
    count.textContent = `${words(sum)} multiplies`;
    slider.value = Math.round(now);
    slider.setAttribute("aria-valuetext", count.textContent);
  }
  function halt() {
    cancelAnimationFrame(frame);
    frame = 0;
    last = null;
    play.textContent = "Play";
  }
  function tick(time) {
    if (last !== null) now = Math.min(steps, now + (time - last) / SECONDS);
    last = time;
    draw();
    if (now >= steps || !root.isConnected) halt();
    else frame = requestAnimationFrame(tick);
  }
  function start() {
    if (now >= steps) now = 0;
    play.textContent = "Pause";
    frame = requestAnimationFrame(tick);
  }
  play.onclick = () => (frame ? halt() : start());
  slider.oninput = () => {
    halt();
    now = Number(slider.value);
    draw();
  };
  function light(event) {
    const names = event.target.closest?.("[data-axis]")?.dataset.axis.split(" ").filter(Boolean) ?? [];
    const panel = event.target.closest?.(".stage");
    for (const one of root.querySelectorAll("[data-axis]")) {
      const own = one.dataset.axis.split(" ");
      one.classList.toggle("lit", panel?.contains(one) && names.some((name) => own.includes(name)));
    }
  }
  root.addEventListener("pointerover", light);
  root.addEventListener("focusin", light);
  draw(); // at its end: every count is there, whether anything moves or not
  if (!still) start();
}
