import { describe, expect, it } from 'vitest';
import { program, type Actions } from '../../tools/command';
import { parseDuration, type SimOptions } from '../../tools/options';
import { main } from '../../tools/command';
import { sink } from './sink';

/** Parses a command line without running anything. */
async function parse(...argv: string[]): Promise<SimOptions> {
  let seen: SimOptions | undefined;
  const actions: Actions = {
    sim: async (options) => {
      seen = options;
    },
    picture: async () => {},
  };
  await program(actions, { stdout: sink(), stderr: sink() }).parseAsync(argv, { from: 'user' });
  return seen!;
}

describe('duration', () => {
  it.each([
    ['250ms', 250],
    ['60s', 60000],
    ['5m', 300000],
    ['1h', 3600000],
    ['1.5h', 5400000],
    ['2d', 172800000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '60', 's', '-5s', '0s', '1e3s', '5 m', '1w', 'NaNs', '4000d', '1h30'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow();
  });
});

describe('options of sim', () => {
  it('has the documented defaults', async () => {
    expect(await parse('sim')).toEqual({
      speed: 1,
      seed: 1,
      soc: 0.85,
      ambient: 25,
      address: 0,
      layout: 'auto',
      rs232: 7001,
      forMs: undefined,
      headless: false,
      json: false,
      scenario: 'day',
      chargerAmps: undefined,
      loadWatts: undefined,
    });
  });

  it('takes every option', async () => {
    const line =
      'sim --speed max --seed 7 --soc 12.5 --ambient -10 --address 15 --layout v3 --rs232 none --for 1h --json --scenario none';
    expect(await parse(...line.split(' '), '--charger', '20', '--load', '1500')).toEqual({
      speed: Infinity,
      seed: 7,
      soc: 0.125,
      ambient: -10,
      address: 15,
      layout: 'v3',
      rs232: null,
      forMs: 3600000,
      headless: true,
      json: true,
      scenario: 'none',
      chargerAmps: 20,
      loadWatts: 1500,
    });
  });

  it.each([
    ['sim --speed 0', '--speed'],
    ['sim --speed fast', '--speed'],
    ['sim --speed', '--speed'],
    ['sim --seed 1.5', '--seed'],
    ['sim --seed -1', '--seed'],
    ['sim --soc 101', '--soc'],
    ['sim --soc 0x10', '--soc'],
    ['sim --ambient warm', '--ambient'],
    ['sim --address 16', '--address'],
    ['sim --layout v4', '--layout'],
    ['sim --rs232 7001', '--rs232'],
    ['sim --rs232 tcp:65536', '--rs232'],
    ['sim --rs232 tcp:-1', '--rs232'],
    ['sim --for 60', '--for'],
    ['sim --charger -1', '--charger'],
    ['sim --load 1e9', '--load'],
    ['sim --scenario night', '--scenario'],
    ['sim --scenario random --load 100', '--load'],
    ['sim --no-day', '--no-day'],
    ['sim --sped 5', '--sped'],
    ['sim twice', 'arguments'],
    ['simulate', 'simulate'],
    ['', 'no command'],
    ['--json', '--json'],
    ['picture', 'file'],
  ])('refuses %j with one line and exit code 2', async (line, named) => {
    const stdout = sink();
    const stderr = sink();
    const code = await main(line === '' ? [] : line.split(' '), { stdout, stderr }, new AbortController().signal);
    expect([code, stdout.text]).toEqual([2, '']);
    expect(stderr.text).toMatch(/^error: [^\n]+\n$/);
    expect(stderr.text).toContain(named);
  });

  it.each([['--help'], ['sim', '--help'], ['--version']])('answers %j on stdout with exit code 0', async (...argv) => {
    const stdout = sink();
    const code = await main(argv.flat(), { stdout, stderr: sink() }, new AbortController().signal);
    expect(code).toBe(0);
    expect(stdout.text).not.toBe('');
  });
});
