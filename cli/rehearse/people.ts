import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isGranted } from '../../domain/phase/transition';
import type { CohortRun } from '../../domain/phase/cohort-run';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import { phaseWorkflowId, type PlainSignal, type SignalName } from '../../domain/phase/commands';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { cannotRehearse, rehearsalFailed } from './rehearsal-failure';
import type { RehearsalSystem } from './rehearsal-system';

const run = promisify(execFile);

/** A decision that a cohort waits for. */
export interface Decision {
  migration: string;
  phase: string;
  startedBy: string;
  run: CohortRun;
}

/** The people of a rehearsal: as many of them decide as a decision takes. Gives who did, for the timeline. */
export type Decide = (decision: Decision) => Promise<string[]>;

/** Who there is, in the order in which they are asked, each with their roles. */
const PEOPLE: readonly { id: string; roles: readonly string[] }[] = [
  { id: 'release-manager-1', roles: ['release-manager'] },
  { id: 'release-manager-2', roles: ['release-manager'] },
  { id: 'clinical-lead-1', roles: ['clinical-lead'] },
  { id: 'engineer-1', roles: ['engineer'] },
];

/** Who starts the migration. */
export const STARTER = 'release-manager-1';

/** People who decide through the API, each with a token of their own. */
export function decideByApi(system: RehearsalSystem, signal: AbortSignal): Decide {
  return async (decision) => {
    const { migration, phase, run } = decision;
    const { request } = run;
    if (request === undefined) return [];
    const name = request.kind === 'goOn' ? 'resume' : 'approve';
    const decided: string[] = [];
    for (const person of whoCan(decision)) {
      const api = new ApiClient({ url: system.apiUrl, token: system.tokens[person] ?? '' }, signal);
      try {
        await api.post(`/v1/migrations/${migration}/phases/${phase}/${name}`, {
          cohort: run.cohort,
          evidence: request.evidenceHash,
        });
        decided.push(person);
      } catch (error) {
        // What was decided on has changed in between: it is asked anew, and seen at the next look.
        if (error instanceof CliFailure && error.exitCode === EXIT.conflict) return decided;
        throw error;
      }
    }
    return decided;
  };
}

/** The same people with nothing but the Temporal CLI: plain signals, which nobody verifies. */
export function decideBySignal(system: RehearsalSystem): Decide {
  return async (decision) => {
    const decided: string[] = [];
    for (const person of whoCan(decision)) {
      await sendSignal(system, decision, 'approve', { actor: person, cohort: decision.run.cohort });
      decided.push(person);
    }
    return decided;
  };
}

/** Sends a phase a plain signal with the `temporal` program that the system runs with. @throws CliFailure `signal-not-sent` */
export async function sendSignal(
  system: RehearsalSystem,
  { migration, phase }: { migration: string; phase: string },
  name: SignalName,
  input: PlainSignal,
): Promise<void> {
  await run(system.temporalBinary, [
    ...['workflow', 'signal', '--address', system.temporalAddress],
    ...['--workflow-id', phaseWorkflowId(migration, phase)],
    ...['--name', name, '--input', JSON.stringify(input)],
  ]).catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw rehearsalFailed(
      'signal-not-sent',
      missing
        ? "The 'temporal' command is not there. Install the Temporal CLI, or rehearse without signals."
        : 'Temporal refused the signal. See logs/temporal.log in .handoff.',
    );
  });
}

/** Somebody with one of these roles. @throws CliFailure `too-few-people` */
export function personWith(roles: readonly string[]): string {
  const found = PEOPLE.find((person) => person.roles.some((role) => roles.includes(role)));
  if (found === undefined) {
    throw rehearsalFailed('too-few-people', `None of the demo's people is one of: ${roles.join(', ')}.`);
  }
  return found.id;
}

/** Everybody who may take a decision with these rules. */
function ableTo(needs: { roles: readonly string[]; fourEyes: boolean }, startedBy: string): string[] {
  return PEOPLE.filter(({ roles }) => roles.some((role) => needs.roles.includes(role)))
    .map(({ id }) => id)
    .filter((id) => !(needs.fourEyes && id === startedBy));
}

/**
 * That there are people for every decision that the plan may ask for, and for what the rehearsal does itself: said before anything is
 * started, not when it waits for somebody who is not there. @throws CliFailure `too-few-people`, listing each
 */
export function checkPeople(plan: Pick<Plan, 'phases'>, works: Readonly<Record<string, string>>): void {
  const problems = [
    ...decisionsOf(plan).flatMap(({ path, needs }) => {
      const able = ableTo(needs, STARTER);
      if (able.length >= needs.count) return [];
      const eyes = needs.fourEyes ? ', whoever starts the migration not counted' : '';
      return [`${path}: takes ${needs.count} of ${needs.roles.join(', ')}${eyes}; there are ${able.length}.`];
    }),
    ...Object.entries(works).flatMap(([queue, role]) =>
      PEOPLE.some(({ roles }) => roles.includes(role)) ? [] : [`cases.by.${queue}: nobody is a ${role}.`],
    ),
  ];
  if (problems.length === 0) return;
  throw cannotRehearse(
    'too-few-people',
    `A rehearsal has ${PEOPLE.map(({ id }) => id).join(', ')}; ${STARTER} starts it. They are too few for what is listed. ` +
      'Rehearse a copy of the plan with other roles or counts there. Nothing was started.',
    problems,
  );
}

type Needs = PlanPhase['approvals']['goNoGo'];

/** Every decision that people may be asked for, with its path in the plan. */
function decisionsOf({ phases }: Pick<Plan, 'phases'>): { path: string; needs: Needs }[] {
  return phases.flatMap((phase, index) => {
    const inRamp = (ramp: PlanPhase['ramp'], path: string): { path: string; needs: Needs }[] =>
      ramp.flatMap(({ approval }, step) =>
        approval === undefined ? [] : [{ path: `${path}[${step}].approval`, needs: approval }],
      );
    const here = `phases[${index}]`;
    return [
      ...(['goNoGo', 'goOn', 'commit'] as const).map((kind) => ({
        path: `${here}.approvals.${kind}`,
        needs: phase.approvals[kind],
      })),
      ...inRamp(phase.ramp, `${here}.ramp`),
      ...phase.cohorts.flatMap(({ ramp }, cohort) =>
        ramp === undefined ? [] : inRamp(ramp, `${here}.cohorts[${cohort}].ramp`),
      ),
    ];
  });
}

/** People who may decide and have not, just as many as are missing. */
function whoCan({ run: { request }, startedBy }: Decision): string[] {
  if (request === undefined || isGranted(request)) return [];
  const { needs, given } = request;
  const decided = given.map(({ actor }) => actor.replace(/^signal:/, ''));
  const able = ableTo(needs, startedBy).filter((id) => !decided.includes(id));
  const missing = needs.count - given.length;
  if (able.length < missing) {
    throw rehearsalFailed(
      'too-few-people',
      `A decision (${request.kind}) takes ${needs.count} of ${needs.roles.join(', ')}${needs.fourEyes ? ', whoever started it not counted' : ''}; the demo has too few such people.`,
    );
  }
  return able.slice(0, missing);
}
