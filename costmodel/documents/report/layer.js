// The report of a layer.
const own = new Set(); // the variants whose letters were moved: all of them then stay where they are
const order = { key: DATA.metrics[0].key, rising: true };
let metric = DATA.metrics[0].key;

function counted(variant) {
  const functions = COUNTS[variant.id];
  if (!own.has(variant.id)) return functions.followed(at, {});
  const letters = {};
  for (const name of variant.moved) letters[name] = at[`${variant.id}.${name}`];
  return functions.given(at, letters);
}

// Where a letter's slider stands; a real one's counts parts, and is said as a fraction.
function standing(variant, name) {
  const value = at[`${variant.id}.${name}`];
  return name in variant.parts ? lowestTerms(value, BigInt(variant.parts[name])) : value;
}

function lettersText(variant, hyper) {
  const real = (name) => own.has(variant.id) && name in variant.parts
    ? standing(variant, name)
    : variant.fixed[name];
  return variant.letters.map((name) => `${name}=${hyper[name] ?? real(name)}`).join(", ");
}

function update() {
  const base = COUNTS[DATA.baseline].followed(at, {});
  const problem = document.getElementById("problem");
  const why = base.misfit || base.doubt;
  problem.hidden = !why;
  problem.textContent = why ? `There is no such layer: it needs ${why}.` : "";
  document.getElementById("grid").textContent = why ? "–" : OUTPUTS(at).join("×");
  const results = DATA.variants.map((variant) => ({ variant, ...(why ? base : counted(variant)) }));
  for (const result of results) show(result, base);
  sort(results);
  const fitting = results.filter((result) => result.metrics);
  if (fitting.length) lead(fitting, base);
  draw(bars(fitting, base));
  document.getElementById("command").firstChild.textContent = command();
}

function show(result, base) {
  const { variant, metrics, hyper, misfit, doubt } = result;
  result.shares = {};
  for (const { key } of DATA.metrics) {
    result.shares[key] = metrics ? share(metrics[key], base.metrics[key]) : null;
    write(`${variant.id} ${key}`, metrics ? grouped(metrics[key]) : "–");
    write(`${variant.id} ${key} ratio`, ratioText(result.shares[key]));
  }
  let words = metrics ? lettersText(variant, hyper) : "";
  if (misfit) words = `does not fit: needs ${misfit}`;
  if (doubt) words = `not by this formula, which needs ${doubt}; see the command below`;
  write(`${variant.id} letters`, words);
  if (metrics && !own.has(variant.id)) {
    for (const name of variant.moved) {
      place(`${variant.id}.${name}`, hyper[name] ?? BigInt(variant.first[name]));
    }
  }
  for (const button of document.querySelectorAll(`[data-follow="${variant.id}"]`)) {
    button.hidden = !own.has(variant.id);
  }
}

function sort(results) {
  const sign = order.rising ? 1 : -1;
  results.sort((a, b) => {
    if (!a.metrics || !b.metrics) return (a.metrics ? 0 : 1) - (b.metrics ? 0 : 1);
    const [x, y] = [a.metrics[order.key], b.metrics[order.key]];
    return x === y ? 0 : x < y ? -sign : sign;
  });
  const body = document.querySelector("#table tbody");
  for (const { variant, metrics } of results) {
    const [row] = rows.get(variant.id);
    row.classList.toggle("misfit", !metrics);
    body.append(row);
  }
}

function lead(fitting, base) {
  const { key, words } = DATA.metrics.find((each) => each.key === metric);
  const fewest = fitting.reduce((a, b) => (b.metrics[key] < a.metrics[key] ? b : a));
  document.getElementById("lead").textContent =
    `The ${DATA.baselineTitle} takes ${grouped(base.metrics[key])} ${words}; fewest: ` +
    `${fewest.variant.title} with ${grouped(fewest.metrics[key])} ` +
    `(${ratioText(fewest.shares[key])}).`;
}

function bars(fitting, base) {
  const { label } = DATA.metrics.find(({ key }) => key === metric);
  return fitting.map(({ variant, metrics, shares, hyper }) => ({
    label: variant.label,
    value: shares[metric] ?? 0,
    text: ratioText(shares[metric]),
    hover: `${label}: ${grouped(metrics[metric])}<br>${lettersText(variant, hyper)}`,
    color: variant.color,
  }));
}

function command() {
  const { start, options, given } = DATA.command;
  const words = [start];
  for (const { text, flag, parts, once, usual } of options) {
    if (text) { words.push(text); continue; }
    const values = parts.map((name) => at[name].toString());
    const short = once && new Set(values).size === 1 ? values[0] : values.join("x");
    if (short !== usual) words.push(`${flag} ${short}`);
  }
  const set = { ...given };
  for (const variant of DATA.variants.filter(({ id }) => own.has(id))) {
    for (const name of variant.moved) set[`${variant.id}.${name}`] = standing(variant, name);
  }
  for (const [name, value] of Object.entries(set)) words.push(`--set ${name}=${value}`);
  return words.join(" ");
}

function start() {
  begin((key) => {
    if (key.includes(".")) own.add(key.split(".")[0]);
    update();
  }, () => {
    own.clear();
    for (const [key, group] of inputs) place(key, BigInt(group[0].defaultValue));
    update();
  });
  for (const button of document.querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      const key = button.dataset.sort;
      order.rising = order.key === key ? !order.rising : true;
      order.key = key;
      for (const other of document.querySelectorAll("th[aria-sort]")) {
        other.setAttribute("aria-sort", "none");
      }
      const direction = order.rising ? "ascending" : "descending";
      button.parentElement.setAttribute("aria-sort", direction);
      update();
    });
  }
  for (const button of document.querySelectorAll("[data-follow]")) {
    button.addEventListener("click", () => { own.delete(button.dataset.follow); update(); });
  }
  const select = document.getElementById("metric");
  select.addEventListener("change", () => { metric = select.value; update(); });
  for (const link of document.querySelectorAll("#table a")) {
    link.addEventListener("click", () => {
      document.getElementById(link.hash.slice(1)).open = true;
    });
  }
  update();
}
