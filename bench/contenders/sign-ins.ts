import { timingSafeEqual } from 'node:crypto';
import { createPasswords, type PasswordHash } from 'safekeep/passwords';
import type { Contender } from '../harness/case.js';

/** The default cost of createPasswords. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, hashLength: 32 } as const;
const salt = Buffer.from('sixteen letters!');
const password = 'salt marsh at low tide';

/** One sign-in as a careful program would write it by hand, with nothing read and nothing checked. */
async function byHand(): Promise<() => Promise<boolean>> {
  const { default: argon2 } = await import('argon2');
  const hash = () => argon2.hash(Buffer.from(password), { ...cost, raw: true, type: 2, salt });
  const tag = await hash();
  return async () => timingSafeEqual(await hash(), tag);
}

async function ours(): Promise<() => Promise<boolean>> {
  const passwords = createPasswords({ gate: { queue: 1024, deadlineMs: 60_000 } });
  const stored: PasswordHash = await passwords.hash(password, { account: '17' });
  return async () => (await passwords.verify(stored, password, { account: '17' })) !== null;
}

/** Lets so many run at once. */
function limited(work: () => Promise<boolean>, most: number): (count: number) => Promise<number> {
  return async (count) => {
    let [begun, right] = [0, 0];
    async function worker(): Promise<void> {
      for (; begun < count; ) {
        begun += 1;
        if (await work()) right += 1;
      }
    }
    await Promise.all(Array.from({ length: most }, worker));
    return right;
  };
}

function contender(
  name: string,
  open: () => Promise<() => Promise<boolean>>,
  most: (count: number) => number,
): Contender {
  return {
    name,
    async prepare() {
      const work = await open();
      return { sample: async () => String(await work()), run: (count) => limited(work, most(count))(count) };
    },
  };
}

/** All at once, as a storm brings them; the engine by hand with the two threads that the gate gives it, and with all. */
export const storms: readonly Contender[] = [
  contender('safekeep (the gate, two at once)', ours, (count) => count),
  contender('argon2 by hand, two at a time', byHand, () => 2),
  contender('argon2 by hand, all at once', byHand, (count) => count),
];

/** One after the other: what reading, bounds, gate and metrics add to the hash. */
export const singles: readonly Contender[] = [
  contender('safekeep (verify)', ours, () => 1),
  contender('argon2 by hand', byHand, () => 1),
];
