/**
 * Why a route outside could not be confirmed. `away`: no answer; `refused`: it said no; `laterEpoch`: it was given a later epoch than there
 * is; `loweredOutside`: somebody, or its own health check, took arrivals from target, which is not undone without a person; `differs`: it
 * does not do what it was told; `notRoutable`: it can do no share that is near.
 */
export const ROUTE_PROBLEMS = ['away', 'refused', 'laterEpoch', 'loweredOutside', 'differs', 'notRoutable'] as const;
export type RouteProblem = (typeof ROUTE_PROBLEMS)[number];
