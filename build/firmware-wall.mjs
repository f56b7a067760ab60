/** Rollup plugin: the wall between what runs on the board and what runs around it. */
import { isBuiltin } from 'node:module';
import { relative } from 'node:path';

/** Folders whose code never reaches a board. */
const OUTSIDE = /^(src\/hal-mock|tools|test|build|node_modules|dist|bin)\//;

/** Why `source` may not be imported by `importer` in firmware, or `null`; `resolved` is a path inside the project. */
export function wallReason(source, importer, resolved) {
  if (isBuiltin(source)) return `${importer} imports ${source}: firmware has no Node`;
  if (resolved !== null && OUTSIDE.test(resolved)) {
    return `${importer} imports ${resolved}: firmware never imports hal-mock, tools, tests or packages`;
  }
  const isPath = source.startsWith('.') || source.startsWith('/');
  if (!isPath) return `${importer} imports the package ${source}: a board loads no packages`;
  return resolved === null ? `${importer} imports ${source}, which does not exist` : null;
}

/** Stops the build at the first import that leads out of the firmware. */
export function firmwareWall(root) {
  const name = (path) => relative(root, path).replaceAll('\\', '/');
  return {
    name: 'firmware-wall',
    resolveId: {
      order: 'pre',
      async handler(source, importer, options) {
        if (importer === undefined) return null;
        const resolved = isBuiltin(source)
          ? null
          : await this.resolve(source, importer, { ...options, skipSelf: true });
        const reason = wallReason(source, name(importer), resolved === null ? null : name(resolved.id));
        if (reason !== null) this.error(reason);
        return resolved;
      },
    },
  };
}
