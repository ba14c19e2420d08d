import { Configuration } from './config'; // planted: @typescript-eslint/consistent-type-imports

async function save(): Promise<void> {
  await Promise.resolve();
}

type Anything = any; // planted: @typescript-eslint/no-explicit-any

export function forgets(status: 'open' | 'closed', anything: Anything): Configuration | undefined {
  save(); // planted: @typescript-eslint/no-floating-promises
  const known = status;
  switch (known /* planted: @typescript-eslint/switch-exhaustiveness-check */) {
    case 'open':
      return undefined;
  }
  return anything; // planted: @typescript-eslint/no-unsafe-return
}

export function passesAPromise(run: (work: () => void) => void): void {
  run(save); // planted: @typescript-eslint/no-misused-promises
}
