/**
 * Rollup plugin: `pin(Pins.AfeScl)` in `board/` becomes the engine's own global, here `B8`. So the table of pins is
 * the only place that names one, and the bundle carries neither the table nor a look-up.
 */
const CALL = /\bpin\(\s*(["'])([A-I](?:\d|1[0-5])|D\d{1,2})\1\s*(?:\/\*[^*]*\*\/\s*)?\)/g;

/** Compiled code with every `pin("B8" /* Pins.AfeScl *\/)` resolved. */
export function resolvePins(code) {
  return code.replace(CALL, '$2');
}

export function pinNames() {
  return {
    name: 'pin-names',
    transform(code, id) {
      if (!/[\\/]board[\\/]/.test(id)) return null;
      return { code: resolvePins(code), map: null };
    },
  };
}
