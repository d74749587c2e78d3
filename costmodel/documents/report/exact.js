// Exact integers, and how they are written: the same digits as the command line's.
const floorDiv = (a, b) => {
  if (b === 0n) return 0n; // a point that a guard leaves out
  const q = a / b;
  return a % b !== 0n && (a < 0n) !== (b < 0n) ? q - 1n : q;
};
const least = (...values) => values.reduce((a, b) => (b < a ? b : a));
const greatest = (...values) => values.reduce((a, b) => (b > a ? b : a));
const commonDivisor = (...values) => {
  const two = (a, b) => { while (b) [a, b] = [b, a % b]; return a < 0n ? -a : a; };
  return values.reduce(two, 0n);
};
const lowestTerms = (above, below) => {
  const common = commonDivisor(above, below);
  return below === common ? `${above / common}` : `${above / common}/${below / common}`;
};
const same = (a, b) => (a === b ? 1n : 0n);

// The double nearest to a/b: both are shifted to 64 bits and more, and a rest is kept as a bit.
function share(a, b) {
  if (b === 0n) return null;
  if (a === 0n) return 0;
  const bits = (x) => x.toString(2).length;
  const shift = BigInt(Math.max(0, bits(b) - bits(a) + 66));
  const above = a << shift;
  const whole = above / b;
  return Number(above % b ? (whole << 1n) | 1n : whole << 1n) / Math.pow(2, Number(shift) + 1);
}

const grouped = (value) => value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");

// A positive double as the fraction that it is.
function fraction(x) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const word = view.getBigUint64(0);
  const power = Number((word >> 52n) & 2047n);
  const digits = (word & ((1n << 52n) - 1n)) | (power ? 1n << 52n : 0n);
  const exponent = (power || 1) - 1075;
  return exponent < 0 ? [digits, 1n << BigInt(-exponent)] : [digits << BigInt(exponent), 1n];
}

// Rounded to an integer, halves to the even one.
function rounded(above, below) {
  const whole = above / below;
  const twice = 2n * (above % below);
  return twice > below || (twice === below && whole & 1n) ? whole + 1n : whole;
}

function decimal(x, places) {
  const [above, below] = fraction(x);
  const text = rounded(above * 10n ** BigInt(places), below).toString().padStart(places + 1, "0");
  return places ? `${text.slice(0, -places)}.${text.slice(-places)}` : text;
}

// Four significant digits, and the power of ten of the first.
function significant(x) {
  const [above, below] = fraction(x);
  const scaled = (power) => power < 4
    ? rounded(above * 10n ** BigInt(3 - power), below)
    : rounded(above, below * 10n ** BigInt(power - 3));
  let power = Math.floor(Math.log10(x));
  while (above >= below * 10n ** BigInt(Math.max(0, power + 1))) power += 1;
  while (above * 10n ** BigInt(Math.max(0, -power)) < below * 10n ** BigInt(Math.max(0, power))) {
    power -= 1;
  }
  let digits = scaled(power);
  if (digits === 10000n) { power += 1; digits = 1000n; }
  return [digits.toString(), power];
}

// The prefixes of powers of 1000 from 10^9 up, as `readable.si` has them.
const PREFIXES = ["G", "T", "P", "E", "Z", "Y", "R", "Q"];

// Four significant digits with a prefix.
function prefixed(digits, power) {
  const place = Math.min(Math.floor(power / 3) - 3, PREFIXES.length - 1);
  const before = power - 3 * (place + 3) + 1;
  const number = before < 4
    ? `${digits.slice(0, before)}.${digits.slice(before)}`
    : `${digits}${"0".repeat(before - 4)}`;
  return `${number} ${PREFIXES[place]}`;
}

// As `readable.ratio` writes it: four significant digits, without an exponent.
function ratioText(x) {
  if (x === null) return "–";
  if (x === 0) return "×0";
  const [digits, power] = significant(x);
  if (x >= 1e9) return `×${prefixed(digits, power)}`;
  if (power > 3) return `×${grouped(BigInt(digits) * 10n ** BigInt(power - 3))}`;
  if (x < 1e-3) return `×0.${"0".repeat(-power - 1)}${digits}`;
  if (x < 1) return `×${decimal(x, 4)}`;
  const text = power < 3 ? `${digits.slice(0, power + 1)}.${digits.slice(power + 1)}` : digits;
  return `×${text.includes(".") ? text.replace(/\.?0+$/, "") : text}`;
}
