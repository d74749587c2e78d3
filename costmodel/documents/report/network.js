// The report of a network.
let metric = DATA.metrics[0].key;
const columns = DATA.metrics.flatMap(({ key }) => (DATA.replaced ? [key, `${key}_before`] : [key]));
const first = DATA.first.map((row) => row.map((cell) => (cell === null ? null : BigInt(cell))));

function update() {
  const holds = COUNTS === null || HOLDS(at);
  document.getElementById("problem").hidden = holds;
  const counts = COUNTS === null ? first : holds ? COUNTS(at) : first.map((row) => row.map(() => null));
  const results = counts.map((row) => Object.fromEntries(columns.map((key, i) => [key, row[i]])));
  results.forEach((result, index) => {
    const name = index < DATA.rows.length ? index.toString() : "total";
    for (const key of columns) write(`${name} ${key}`, result[key] === null ? "–" : grouped(result[key]));
    if (!DATA.replaced) return;
    for (const { key } of DATA.metrics) write(`${name} ${key} ratio`, ratioText(changed(result, key)));
  });
  if (holds) lead(results[results.length - 1]);
  draw(bars(results.slice(0, -1), results[results.length - 1]));
  const command = document.getElementById("command");
  if (command) command.firstChild.textContent = sameCommand();
}

function changed(result, key) {
  const before = result[`${key}_before`];
  return result[key] === null || before === null ? null : share(result[key], before);
}

function lead(total) {
  const parts = DATA.metrics.map(({ key, words }) => {
    const text = `${grouped(total[key])} ${words}`;
    if (!DATA.replaced) return text;
    return `${text} instead of ${grouped(total[`${key}_before`])} (${ratioText(changed(total, key))})`;
  });
  document.getElementById("lead").textContent = `In all ${parts.join(" and ")}.`;
}

// The largest layers in their order, and the others as one bar.
function bars(results, total) {
  const whole = total[metric];
  const found = results.map((result, index) => ({ ...DATA.rows[index], cost: result[metric] }))
    .filter(({ cost }) => cost !== null && cost > 0n);
  const falling = [...found].sort((a, b) => (a.cost < b.cost ? 1 : a.cost > b.cost ? -1 : 0));
  const kept = new Set(found.length > DATA.most ? falling.slice(0, DATA.most - 1) : found);
  const rest = found.filter((row) => !kept.has(row));
  const shown = found.filter((row) => kept.has(row));
  if (rest.length) {
    const cost = rest.reduce((sum, row) => sum + row.cost, 0n);
    shown.push({ label: `${rest.length} smaller ones`, kind: "", color: DATA.rest, cost });
  }
  return shown.map(({ label, kind, color, cost }) => ({
    label,
    color,
    value: Number(cost),
    text: `${(100 * share(cost, whole)).toFixed(1)} %`,
    hover: `${kind ? `${kind}<br>` : ""}${grouped(cost)}`,
  }));
}

function sameCommand() {
  const words = [DATA.same];
  for (const [name, value] of Object.entries(DATA.start)) {
    const stated = DATA.stated.includes(name);
    if (stated || at[name].toString() !== value) words.push(`--at ${name}=${at[name]}`);
  }
  return words.join(" ");
}

function start() {
  begin(update, () => {
    for (const [key, group] of inputs) place(key, BigInt(group[0].defaultValue));
    update();
  });
  const select = document.getElementById("metric");
  select.addEventListener("change", () => { metric = select.value; update(); });
  update();
}
