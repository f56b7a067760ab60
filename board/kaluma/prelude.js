/**
 * Espruino's globals on Kaluma (JerryScript on a Pico or Pico 2), as far as the firmware uses them. Goes in front of the
 * bundle of the same board: cat board/kaluma/prelude.js dist/pico2.min.js. What Kaluma cannot do: board/kaluma/README.md.
 */
(function () {
  var kalumaI2c = require('i2c').I2C;
  var kalumaUart = require('uart').UART;
  var engineTimeout = setTimeout;
  var engineInterval = setInterval;
  var kalumaPinMode = pinMode;
  var kalumaRead = digitalRead;
  var kalumaWrite = digitalWrite;
  var handler = null;
  /** Kaluma measures its heap in bytes; an Espruino variable is 14 of them on a Pico. */
  var BYTES_A_BLOCK = 14;
  /** ms. Its waits for a chip that does not acknowledge have no limit of their own otherwise. */
  var I2C_TIMEOUT_MS = 50;

  /** Kaluma prints exceptions out of timers and goes on; the firmware wants to hear of them. */
  function guarded(action) {
    return function (argument) {
      try {
        action(argument);
      } catch (error) {
        if (handler === null) throw error;
        handler(error);
      }
    };
  }

  function number(pin) {
    return pin.number;
  }

  function Pin(n) {
    this.number = n;
    this.isOutput = false;
  }
  Pin.prototype.read = function () {
    return kalumaRead(this.number) === 1;
  };
  Pin.prototype.write = function (value) {
    if (!this.isOutput) kalumaPinMode(this.number, OUTPUT);
    this.isOutput = true;
    kalumaWrite(this.number, value ? 1 : 0);
  };
  for (var n = 0; n < 30; n++) global['D' + n] = new Pin(n);

  global.pinMode = function (pin, mode) {
    kalumaPinMode(number(pin), mode === 'input_pullup' ? INPUT_PULLUP : mode === 'output' ? OUTPUT : INPUT);
  };

  /** Bytes in a buffer of their own: Kaluma sends the whole buffer behind a view. */
  function bytes(data) {
    return typeof data === 'number' ? new Uint8Array([data]) : new Uint8Array(data);
  }

  function Bus(index) {
    this.index = index;
    this.bus = null;
    this.register = null;
  }
  Bus.prototype.setup = function (options) {
    this.bus = new kalumaI2c(this.index, {
      scl: number(options.scl),
      sda: number(options.sda),
      baudrate: options.bitrate,
    });
  };
  Bus.prototype.writeTo = function (to, data) {
    if (typeof to === 'number') this.bus.write(bytes(data), to, I2C_TIMEOUT_MS);
    else this.register = bytes(data); // no stop: what Kaluma offers is register and read in one call
  };
  Bus.prototype.readFrom = function (address, quantity) {
    var register = this.register;
    this.register = null;
    if (register === null) return this.bus.read(quantity, address, I2C_TIMEOUT_MS);
    var wide = register.length === 2;
    var value = wide ? register[0] * 256 + register[1] : register[0];
    return this.bus.memRead(quantity, address, value, wide ? 16 : 8, I2C_TIMEOUT_MS);
  };
  Bus.prototype.readReg = function (address, register, quantity) {
    return this.bus.memRead(quantity, address, register, 8, I2C_TIMEOUT_MS);
  };
  global.I2C1 = new Bus(0);
  global.I2C2 = new Bus(1);

  /** The prompt keeps USB; the RS232 role is on UART 0, GP0 and GP1, 9600 baud. */
  var port = new kalumaUart(0, { tx: 0, rx: 1, baudrate: 9600 });
  global.USB = {
    on: function (event, action) {
      port.on(
        event,
        guarded(function (data) {
          action(String.fromCharCode.apply(null, data));
        }),
      );
    },
    write: function (text) {
      var data = new Uint8Array(text.length);
      for (var i = 0; i < text.length; i++) data[i] = text.charCodeAt(i);
      port.write(data);
    },
  };

  var timers = [];
  global.setTimeout = function (action, ms) {
    var id = engineTimeout(function () {
      timers.splice(timers.indexOf(id), 1);
      guarded(action)();
    }, ms);
    timers.push(id);
    return id;
  };
  global.setInterval = function (action, ms) {
    var id = engineInterval(guarded(action), ms);
    timers.push(id);
    return id;
  };
  var engineClear = clearTimeout; // the same function as clearInterval
  global.clearInterval = function (id) {
    if (id === undefined) timers.splice(0, timers.length).forEach(engineClear);
    else engineClear(id);
  };
  global.getTime = function () {
    return millis() / 1000;
  };
  global.peek32 = function () {
    return 2; // the reason of a reset is not to be had: 2 is what the firmware shows as unknown
  };
  process.memory = function () {
    var usage = process.memoryUsage();
    return { free: Math.floor((usage.heapTotal - usage.heapUsed) / BYTES_A_BLOCK) };
  };
  process.on = function (event, action) {
    handler = action;
  };
  global.E = {
    sum: function (values) {
      var total = 0;
      var isText = typeof values === 'string';
      for (var i = 0; i < values.length; i++) total += isText ? values.charCodeAt(i) : values[i];
      return total;
    },
    mapInPlace: function (from, to, map) {
      for (var i = 0; i < from.length && i < to.length; i++) to[i] = map[from[i]] || 0;
    },
    toString: function (data) {
      return String.fromCharCode.apply(null, data);
    },
    CRC32: function (data) {
      var crc = -1;
      for (var i = 0; i < data.length; i++) {
        crc ^= data[i];
        for (var bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
      }
      return ~crc >>> 0;
    },
    reverseByte: function (byte) {
      var reversed = 0;
      for (var i = 0; i < 8; i++) reversed |= ((byte >> i) & 1) << (7 - i);
      return reversed;
    },
    getErrorFlags: function () {
      return [];
    },
    // nothing of the sort on Kaluma: the AFE's own watchdog is what is left
    enableWatchdog: function () {},
    kickWatchdog: function () {},
    setConsole: function () {},
    /** There is no reset to be had: everything stops, and the AFE opens both paths after its 10 s. */
    reboot: function () {
      global.clearInterval();
      console.error('stopped after an exception: reset the board');
    },
  };
})();
