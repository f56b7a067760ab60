/**
 * What the test puts into Espruino for Linux in front of the bundle: the board's globals, each a question to this process.
 * A question is one line of JSON; the answer carries virtual time. Names are few and go away after start, because the
 * engine finds a name by walking the list of all globals.
 */

/** Files (named pipes) in the working folder of the engine. */
export const REQUEST = 'request';
export const REPLY = 'reply';

const SHADOWS = ['I2C', 'Serial3', 'digitalRead', 'peek32', 'poke32', 'pinMode', 'setInterval', 'setTimeout'];

const BENCH = `
var bench = { q: E.openFile('${REQUEST}', 'w'), r: E.openFile('${REPLY}', 'r'), us: 0, timers: [], jobs: [], data: [] };
bench.read = function () {
  var a = JSON.parse(bench.r.read(parseInt(bench.r.read(6), 16)));
  bench.us = a.us;
  return a;
};
bench.say = function (message) {
  bench.q.write(JSON.stringify(message) + '\\n');
};
bench.ask = function (name, args) {
  bench.say({ ask: name, args: args });
  var a = bench.read();
  if (a.error) throw new Error(a.error);
  return a.value;
};
bench.names = function (pins) {
  return Array.isArray(pins) ? pins.map(function (pin) { return pin.n; }) : pins.n;
};
bench.again = function (questions) {
  questions.forEach(function (q) {
    var v = bench.ask(q[0], q[1]);
    if (Array.isArray(v)) new Uint8Array(v);
  });
};
bench.list = function (data) {
  return typeof data == 'number' ? data : [].slice.call(data);
};
bench.step = function () {
  if (!bench.up) {
    bench.up = 1;
    bench.tidy();
    bench.say({ done: null });
  }
  var a = bench.read(), m = {};
  try {
    m.done = eval(a.run);
  } catch (e) {
    m.error = e.toString() + (e.stack || '');
  }
  bench.say(m);
};
setInterval(bench.step, 1);
bench.Pin = function (n) { this.n = n; };
bench.Pin.prototype.write = function (v) { bench.ask('write', [this.n, +v]); };
bench.Pin.prototype.set = function () { bench.ask('write', [this.n, 1]); };
bench.Pin.prototype.reset = function () { bench.ask('write', [this.n, 0]); };
bench.Pin.prototype.read = function () { return bench.ask('read', [this.n]); };
bench.Pin.prototype.mode = function () {};
E.kickWatchdog = function () { bench.ask('kick', []); };
var I2C = function () {};
I2C.prototype.setup = function (o) {
  this.b = bench.ask('bus', [o.scl.n, o.sda.n]);
};
I2C.prototype.writeTo = function (to, data) {
  if (arguments.length > 2) throw new Error('several data arguments');
  bench.ask('writeTo', [this.b, to, bench.list(data)]);
};
I2C.prototype.readFrom = function (from, n) {
  return new Uint8Array(bench.ask('readFrom', [this.b, from, n]));
};
I2C.prototype.readReg = function (address, register, n) {
  return new Uint8Array(bench.ask('readReg', [this.b, address, register, n]));
};
var Serial3 = {
  setup: function (baud, o) { bench.ask('port', [baud, o.tx.n, o.rx.n]); },
  on: function (e, f) { bench.data.push(f); },
  write: function (s) { bench.ask('send', [s]); },
};
var setInterval = function (f, ms) {
  bench.timers.push(f);
  bench.ask('every', [bench.timers.length - 1, ms]);
};
bench.once = function (i) {
  var f = bench.jobs[i];
  bench.jobs[i] = 0;
  f();
};
var setTimeout = function (f, ms) {
  var i = bench.jobs.indexOf(0);
  if (i < 0) i = bench.jobs.length;
  bench.jobs[i] = f;
  bench.ask('later', [i, ms]);
};
E.enableWatchdog = function () {};
var getTime = function () { return bench.us / 1000000; };
var digitalWrite = function (pins, value) { bench.ask('digitalWrite', [bench.names(pins), +value]); };
var digitalRead = function (pins) { return bench.ask('digitalRead', [bench.names(pins)]); };
var pinMode = function () {};
var peek32 = function () { return 0; };
var poke32 = function () {};
`;

/** Pins of the controller that a bundle names. A short name of its own that looks like one does no harm. */
export function pinsOf(bundle: string): string[] {
  return [...new Set(bundle.match(/\b[A-E](?:\d|1[0-5])\b/g))];
}

/** Text of `.boot0` for a bundle: only the pins that it names become globals. */
export function preludeFor(bundle: string): string {
  const names = pinsOf(bundle);
  const pins = names.map((name) => `var ${name} = new bench.Pin('${name}');`);
  const isOurs = names.map((name) => `if (${name} instanceof bench.Pin) delete global.${name};`);
  const tidy = [...isOurs, ...SHADOWS.map((name) => `delete global.${name};`), 'bench.tidy = undefined;'];
  return `${BENCH}\n${pins.join('\n')}\nbench.tidy = function () {\n${tidy.join('\n')}\n};\n`;
}
