/** Where the time comes from. Passed in everywhere, so that a test never sleeps to let time pass. */
export interface Clock {
  now(): Date;
}
