type Activities = Record<string, (...args: never[]) => Promise<unknown>>;

/** The same activities, each called by `around`. */
export function aroundActivities<Given extends object>(
  activities: Given,
  around: (call: () => Promise<unknown>) => Promise<unknown>,
): Given {
  const wrapped = Object.entries(activities as Activities).map(([name, activity]) => [
    name,
    (...args: never[]): Promise<unknown> => around(() => activity(...args)),
  ]);
  return Object.fromEntries(wrapped) as Given;
}
