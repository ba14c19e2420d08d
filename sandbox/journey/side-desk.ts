import type { JourneyKind } from '../../domain/plan/journey';
import type { Side } from '../../domain/sides/side';
import type { AskSide, SideQuestion } from '../patients/ask-side';
import type { JourneyCounts, ToldCounts } from '../runs/run-state';
import { BoundedMemory } from './bounded-memory';
import type { JourneyCase } from './journey-case';

/** Journeys whose sides are remembered; far more than are ever under way. */
const REMEMBERED = 100_000;

/**
 * Where both stacks and their patients learn who is on which side in which part of the journey: of the product, over OFREP, once for each
 * person and phase, and counted. A part that no phase moves is on legacy, and nobody is asked.
 */
export class SideDesk {
  private readonly known = new BoundedMemory<Promise<Side | undefined>>(REMEMBERED);
  private readonly cohorts = new Map<string, ToldCounts>();

  constructor(
    private readonly options: {
      phases: Partial<Record<JourneyKind, string>>;
      ask: AskSide;
      counts: JourneyCounts;
      /** Told as soon as a side is, once for each person and phase. */
      onTold: (who: JourneyCase, side: Side) => void;
    },
  ) {
    for (const phase of Object.values(options.phases)) options.counts.told[phase] = nobody();
  }

  phaseOf(part: JourneyKind): string | undefined {
    return this.options.phases[part];
  }

  /** A person's side; undefined where nobody could say for as long as a person would wait, which is then so for good. */
  tell(part: JourneyKind, who: JourneyCase, signal: AbortSignal): Promise<Side | undefined> {
    return this.known.once(`${part} ${who.journey}`, async () => {
      const phase = this.phaseOf(part);
      if (phase === undefined) return 'legacy';
      const side = await this.options.ask(question(part, phase, who), signal);
      this.count(phase, who, side);
      return side;
    });
  }

  /** A person's side for a stack that has work to hand over: it waits until somebody can say. undefined once `signal` is aborted. */
  async tellStack(part: JourneyKind, who: JourneyCase, signal: AbortSignal): Promise<Side | undefined> {
    const side = await this.known.once(`${part} ${who.journey}`, async () => {
      const phase = this.phaseOf(part);
      if (phase === undefined) return 'legacy';
      while (!signal.aborted) {
        const told = await this.options.ask(question(part, phase, who), signal);
        if (told === undefined) continue;
        this.count(phase, who, told);
        return told;
      }
      return undefined;
    });
    return side;
  }

  private count(phase: string, who: JourneyCase, side: Side | undefined): void {
    const { counts, onTold } = this.options;
    const what = side ?? 'noSide';
    (counts.told[phase] ??= nobody())[what] += 1;
    const { program, state, visit, relation } = who.attributes;
    const key = [phase, program, state, visit, relation].join(' ');
    let cohort = this.cohorts.get(key);
    if (cohort === undefined) {
      const row = { phase, attributes: who.attributes, ...nobody() };
      counts.cohorts.push(row);
      this.cohorts.set(key, row);
      cohort = row;
    }
    cohort[what] += 1;
    if (side !== undefined) onTold(who, side);
  }
}

function nobody(): ToldCounts {
  return { legacy: 0, target: 0, noSide: 0 };
}

/** The context has every key that whoever asks can know, so that the sides of earlier phases can be found (I14). */
function question(part: JourneyKind, phase: string, who: JourneyCase): SideQuestion {
  const { migration, journey, patient, visitor, subscription, attributes } = who;
  const unit = {
    frontDoor: visitor,
    intake: journey,
    payment: subscription,
    providerRouting: journey,
    portalRefills: patient,
  };
  return {
    migration,
    phase,
    unit: unit[part] ?? journey,
    journey,
    attributes: {
      ...attributes,
      episode: journey,
      patient,
      ...(visitor !== undefined && { visitor }),
      ...(subscription !== undefined && { subscription }),
    },
  };
}
