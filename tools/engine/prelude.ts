/**
 * What the rig puts into Espruino for Linux in front of the bundle: the board's globals, each a question to this process.
 * Questions and answers are a few bytes, so that the bridge costs little beside the firmware; names are few and go away
 * after start, because the engine finds a name by walking the list of all globals.
 *
 * Question: one character, then bytes as `Question` says. Answer: one character ('=' or '!'), `TIME_DIGITS` of virtual
 * µs, then as many bytes as the question asks for. After '!' those bytes are padding, and a length of `SIZE_DIGITS` and
 * a message follow. Command: one character, time, `SIZE_DIGITS` of a number, then text when the number is its length.
 */

/** Files (named pipes) in the working folder of the engine. */
export const REQUEST = 'request';
export const REPLY = 'reply';
export const TIME_DIGITS = 12;
export const SIZE_DIGITS = 5;
/** A native that no program here uses: callgrind ends a part of its counts at each call of it. */
export const MARK = 'jswrap_espruino_getSizeOf';

const SHADOWS = ['I2C', 'Serial3', 'peek32', 'poke32', 'pinMode', 'setInterval', 'setTimeout'];

/** `mark` stands in front of and behind each piece of the bundle's own work, `peak` in front of each question. */
function bench(mark: string, peak: string): string {
  return `
var bench = { q: E.openFile('${REQUEST}', 'w'), r: E.openFile('${REPLY}', 'r'), t: '0', timers: [], jobs: [], data: [], buses: 0 };
bench.ask = function (question, n) {
  ${peak}this.q.write(question);
  var a = this.r.read(n + ${1 + TIME_DIGITS});
  if (!a) quit();
  this.t = a.substr(1, ${TIME_DIGITS});
  if (a[0] == '!') throw new Error(this.r.read(parseInt(this.r.read(${SIZE_DIGITS}))));
  return a.substr(${1 + TIME_DIGITS});
};
bench.names = function (pins) {
  return (Array.isArray(pins) ? pins.map(function (pin) { return pin.n; }).join() : pins.n) + ';';
};
bench.at = function (to) {
  return typeof to == 'number' ? String.fromCharCode(to, 1) : String.fromCharCode(to.address, to.stop ? 1 : 0);
};
bench.chars = function (data) {
  if (typeof data == 'number') return String.fromCharCode(data);
  if (data.length < 200) return String.fromCharCode.apply(null, data);
  var s = '';
  for (var i = 0; i < data.length; i++) s += String.fromCharCode(data[i]);
  return s;
};
bench.serve = function () {
  var a = this.r.read(${1 + TIME_DIGITS + SIZE_DIGITS}), m = '.', i, f, s;
  if (!a) quit(); // the rig is gone
  i = parseInt(a.substr(${1 + TIME_DIGITS}));
  this.t = a.substr(1, ${TIME_DIGITS});
  try {
    if (a[0] == 't') {
      f = this.timers[i];
      ${mark}f();${mark}
    } else if (a[0] == 'o') {
      f = this.jobs[i];
      this.jobs[i] = 0;
      ${mark}f();${mark}
    } else {
      s = this.r.read(i);
      if (a[0] == 's') {
        f = this.data;
        ${mark}for (i = 0; i < f.length; i++) f[i](s);${mark}
      } else {
        ${mark}f = eval(s);${mark}
        m += JSON.stringify(f);
      }
    }
  } catch (e) {
    if (process['#onuncaughtException']) process.emit('uncaughtException', e);
    else m = '!' + e.toString() + (e.stack || '');
  }
  this.q.write(m + '\\n\\n');
};
bench.step = function () {
  if (!bench.up) {
    bench.up = 1;
    bench.tidy();
    bench.q.write('.\\n\\n');
  }
  for (var i = 0; i < 40; i++) bench.serve();
};
setInterval(bench.step, 1);
bench.Pin = function (n) { this.n = n; };
bench.Pin.prototype.write = function (v) { bench.ask('P' + (v ? 1 : 0) + this.n, 0); };
bench.Pin.prototype.set = function () { bench.ask('P1' + this.n, 0); };
bench.Pin.prototype.reset = function () { bench.ask('P0' + this.n, 0); };
bench.Pin.prototype.read = function () { return bench.ask('p' + this.n, 1) == '1'; };
bench.Pin.prototype.mode = function () {};
E.kickWatchdog = function () { bench.ask('K', 0); };
E.enableWatchdog = function () {};
E.reboot = function () { bench.ask('Z', 0); };
var peek32 = function (address) { return parseInt(bench.ask('M' + address, 10)); };
var poke32 = function (address, value) { bench.ask('m' + address + ';' + value, 0); };
var clearInterval = function (id) { bench.ask('C' + (id === undefined ? '' : id), 0); };
var I2C = function () {};
I2C.prototype.setup = function (o) {
  if (this.b === undefined) this.b = bench.buses++;
  bench.ask('B' + this.b + ';' + o.scl.n + ';' + o.sda.n, 0);
};
I2C.prototype.writeTo = function (to, data) {
  if (arguments.length > 2) throw new Error('several data arguments');
  bench.ask('W' + String.fromCharCode(this.b) + bench.at(to) + bench.chars(data), 0);
};
I2C.prototype.readFrom = function (from, n) {
  return E.toUint8Array(bench.ask('F' + String.fromCharCode(this.b) + bench.at(from) + String.fromCharCode(n & 255, n >> 8), n));
};
I2C.prototype.readReg = function (address, register, n) {
  return E.toUint8Array(bench.ask('R' + String.fromCharCode(this.b, address, register, n & 255, n >> 8), n));
};
var Serial3 = {
  setup: function (baud, o) { bench.ask('S' + baud + ';' + o.tx.n + ';' + o.rx.n, 0); },
  on: function (e, f) { bench.data.push(f); },
  write: function (s) { bench.ask('s' + s, 0); },
};
var setInterval = function (f, ms) {
  bench.ask('T' + (bench.timers.push(f) - 1) + ';' + ms, 0);
};
var setTimeout = function (f, ms) {
  var i = bench.jobs.indexOf(0);
  if (i < 0) i = bench.jobs.length;
  bench.jobs[i] = f;
  bench.ask('O' + i + ';' + ms, 0);
};
var getTime = function () { return parseInt(bench.t) / 1000000; };
var digitalWrite = function (pins, value) { bench.ask('D' + bench.names(pins) + (+value), 0); };
var digitalRead = function (pins) { return parseInt(bench.ask('d' + bench.names(pins), 5)); };
var pinMode = function () {};
var peek32 = function () { return 0; };
var poke32 = function () {};
`;
}

/** Bytes that a transfer from a chip asks for: the last two characters. */
export function readLength(question: string): number {
  return question.charCodeAt(question.length - 2) + 256 * question.charCodeAt(question.length - 1);
}

/** Bytes that a question asks for; its other parts are taken apart in bridge.ts. */
export function answerBytes(question: string): number {
  if (question[0] === 'R' || question[0] === 'F') return readLength(question);
  return { p: 1, d: 5, M: 10 }[question[0]!] ?? 0;
}

/** Pins of the controller that a bundle names. A short name of its own that looks like one does no harm. */
export function pinsOf(bundle: string): string[] {
  return [...new Set(bundle.match(/\b[A-E](?:\d|1[0-5])\b/g))];
}

/** Text of `.boot0` for a bundle: only the pins that it names become globals. `marked`: with marks for the counter. */
export function preludeFor(bundle: string, marked = false): string {
  const mark = marked ? 'if (bench.on) E.getSizeOf(0);' : '';
  const peak = marked ? 'if (this.high) this.high = Math.max(this.high, process.memory(false).usage);' : '';
  // what the calibration of the counter calls
  const kept = marked ? 'bench.on = 1; bench.kept = [I2C, Serial3, setTimeout, digitalWrite, digitalRead];' : '';
  const names = pinsOf(bundle);
  const pins = names.map((name) => `var ${name} = new bench.Pin('${name}');`);
  const isOurs = names.map((name) => `if (${name} instanceof bench.Pin) delete global.${name};`);
  const tidy = [...isOurs, ...SHADOWS.map((name) => `delete global.${name};`), 'bench.tidy = undefined;'];
  return `${bench(mark, peak)}\n${pins.join('\n')}\n${kept}bench.tidy = function () {\n${mark}${tidy.join('\n')}\n};\n${mark}`;
}
