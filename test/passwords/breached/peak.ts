import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../house/tree.js';

/** The most memory, in MiB, that a process had resident while it built a list of so many random hashes. */
export function peakOfBuild(count: number, output: string): number {
  const builder = pathToFileURL(join(root, 'dist/passwords/breached/build-list.js')).href;
  const program = `
    import { randomBytes } from 'node:crypto';
    import { buildBreachedList } from ${JSON.stringify(builder)};
    async function* input() {
      for (let made = 0; made < ${count}; made += 500) {
        const bytes = randomBytes(20 * 500);
        let text = '';
        for (let at = 0; at < bytes.length; at += 20) text += bytes.toString('hex', at, at + 20) + ':1\\n';
        yield Buffer.from(text);
      }
    }
    const { entries } = await buildBreachedList({ input: input(), output: ${JSON.stringify(output)} });
    console.log(entries, process.resourceUsage().maxRSS);`;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  const [entries, peakKiB] = said.split(' ').map(Number);
  if (entries !== count || peakKiB === undefined) throw new Error(`The build said: ${said}`);
  return peakKiB / 1024;
}
