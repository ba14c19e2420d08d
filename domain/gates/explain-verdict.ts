import { limitWordsOf } from '../plan/words/gate-words';
import type { GateRule } from '../plan/plan-schema';
import { formatDuration } from '../time/duration';
import { unreachable } from '../unreachable';
import { overrideWords, type ConfirmedOverride } from './gate-override';
import { BY_A_STRETCH, oneIn, reaches } from './sequential/evidence';
import type { SideCounts, StoredEvidence } from './stored-evidence';
import type { Verdict } from './verdict';

/** What a verdict rests on. */
export interface VerdictGround {
  /** Event types. */
  handoff: { start: string; end: readonly string[] };
  rule: GateRule;
  verdict: Verdict;
  evidence: StoredEvidence;
  /** Ids of those who agreed to the rule, each once. */
  signers: readonly string[];
  /** Only where it covers this verdict. */
  override: Pick<ConfirmedOverride, 'askedBy' | 'confirmedBy' | 'reason'> | undefined;
}

/**
 * A verdict in one sentence, for whoever asks in an incident who agreed to what: `payment.succeeded -> review.assigned kept 41% of 87 on target,
 * 93% of 261 on legacy; evidence 1 in 4,100 against chance, agreed limit 1 in 20; signed by engineer-1 and release-manager-1`.
 */
export function explainVerdict(ground: VerdictGround): string {
  const { handoff, rule, verdict, evidence, signers, override } = ground;
  const figures = figuresWords(rule, evidence);
  const what = `${handoff.start} -> ${handoff.end.join(' or ')}`;
  return [
    figures === undefined ? `${what}: ${withoutPeriod(evidence.message)}` : `${what} ${figures}`,
    ...(figures === undefined ? [] : besidesWords(verdict, evidence)),
    evidenceWords(rule, evidence),
    signers.length === 0 ? 'signed by nobody yet' : `signed by ${listed(signers)}`,
    ...(override === undefined ? [] : [overrideWords(override)]),
  ].join('; ');
}

/** Why, where the figures alone do not say it. */
function besidesWords(verdict: Verdict, { message, logEvidence, alpha }: StoredEvidence): string[] {
  const said = withoutPeriod(message);
  switch (verdict) {
    case 'pass':
      return [];
    case 'limitCrossed':
      // The gates of a phase may show together what none of them shows alone.
      return logEvidence === null || alpha === null || reaches(logEvidence, alpha)
        ? []
        : [`crossed with others: ${said}`];
    case 'insufficient':
      return [`not enough yet: ${said}`];
    case 'noData':
      return [`no data: ${said}`];
    case 'sourceError':
      return [`could not be read: ${said}`];
    default:
      return unreachable(verdict);
  }
}

/** `1 in 4,100`, and `1 in 20` for what was agreed; undefined where no test was made. */
export function evidenceOf({
  logEvidence,
  alpha,
}: Pick<StoredEvidence, 'logEvidence' | 'alpha'>): { shown: string; agreed: string | null } | undefined {
  if (logEvidence === null) return undefined;
  return { shown: oneIn(logEvidence), agreed: alpha === null ? null : agreedWords(alpha) };
}

/** undefined where the message says it: what is not a count of outcomes, or counts only some of them. */
function figuresWords(rule: GateRule, { target, legacy }: StoredEvidence): string | undefined {
  if (target === null) return undefined;
  switch (rule.kind) {
    case 'floor':
    case 'comparison':
      return sidesWords(target, legacy, 'kept ');
    case 'latency':
      return `within ${formatDuration(rule.within)}: ${sidesWords(target, legacy)}`;
    case 'zeroTolerance': {
      const countsAll = rule.condition === undefined && rule.ofFirst === undefined && rule.counts !== 'secondEnds';
      return countsAll ? `missed ${target.missed} of ${counted(total(target))} on target` : undefined;
    }
    case 'ratio':
      return `with ${rule.event}: ${withWords(target, 'target')}${legacy === null || total(legacy) === 0 ? '' : `, ${withWords(legacy, 'legacy')}`}`;
    case 'slowerThanLegacy':
    case 'capacity':
      return undefined;
    default:
      return unreachable(rule);
  }
}

/** Of a ratio, those that are called missed had its event. */
function withWords(counts: SideCounts, side: string): string {
  const n = total(counts);
  return n === 0 ? noneOn(side) : `${counted(counts.missed)} of ${counted(n)} on ${side}`;
}

/** @param kept what goes ahead of the first rate */
function sidesWords(target: SideCounts, legacy: SideCounts | null, kept = ''): string {
  const other = legacy === null || total(legacy) === 0 ? undefined : keptWords(legacy, 'legacy');
  if (total(target) > 0)
    return [kept + keptWords(target, 'target'), ...(other === undefined ? [] : [other])].join(', ');
  return [noneOn('target'), ...(other === undefined ? [] : [kept + other])].join(', ');
}

function keptWords(counts: SideCounts, side: string): string {
  return `${percentKept(counts)} of ${counted(total(counts))} on ${side}`;
}

/** Never 'none', which would read as a rate of zero. */
function noneOn(side: string): string {
  return `no outcomes yet on ${side}`;
}

/** To a tenth of a point, cut off: what is below a limit never reads as if it were at it, nor a miss as 100%. */
function percentKept(counts: SideCounts): string {
  return `${Math.floor((1_000 * counts.kept) / total(counts)) / 10}%`;
}

/** What was found against what was agreed. */
function evidenceWords(rule: GateRule, evidence: StoredEvidence): string {
  const found = evidenceOf(evidence);
  if (found === undefined) return agreedLimit(rule, null);
  // What it found says so itself, since nothing but its sentence has the numbers.
  if (rule.kind === 'slowerThanLegacy') return agreedLimit(rule, found.agreed);
  if (evidence.logEvidence !== null && evidence.logEvidence <= 0) {
    return `nothing speaks against it, ${agreedLimit(rule, found.agreed)}`;
  }
  const carried = evidence.carriedBy === null ? undefined : carriedWords(rule, evidence.carriedBy);
  const by = [...(carried === undefined ? [] : [carried]), ...(isStretch(rule, evidence) ? [BY_A_STRETCH] : [])];
  const shown = `evidence ${found.shown} against chance${by.length === 0 ? '' : ` (${by.join(', ')})`}`;
  return `${shown}, ${agreedLimit(rule, found.agreed)}`;
}

/** The limit is crossed though all outcomes together are not below the floor. */
function isStretch(rule: GateRule, { target, logEvidence, alpha }: StoredEvidence): boolean {
  if (target === null || logEvidence === null || alpha === null || !reaches(logEvidence, alpha)) return false;
  const floor = floorOf(rule);
  return floor !== undefined && target.kept >= floor * total(target);
}

function floorOf(rule: GateRule): number | undefined {
  if (rule.kind === 'floor') return rule.atLeast;
  return rule.kind === 'latency' && rule.margin === undefined ? rule.percentile / 100 : undefined;
}

function agreedLimit(rule: GateRule, agreed: string | null): string {
  return agreed === null ? `agreed limit: ${limitWordsOf(rule)}` : `agreed limit ${agreed}`;
}

function carriedWords(rule: GateRule, carriedBy: string): string | undefined {
  if (rule.kind === 'ratio' && carriedBy === 'baseline') return 'against what legacy had before it drained';
  return CARRIED_BY[carriedBy];
}

/** By the part of the rule; one that is not named here is left out. */
const CARRIED_BY: Readonly<Partial<Record<string, string>>> = {
  comparison: "against legacy's rate",
  floor: 'against the floor',
  ratio: "against legacy's rate",
  baseline: 'against what legacy kept before it drained',
};

/** 0.05 is `1 in 20`. */
function agreedWords(alpha: number): string {
  return `1 in ${(1 / alpha).toLocaleString('en', { maximumFractionDigits: 1 })}`;
}

function counted(count: number): string {
  return count.toLocaleString('en');
}

function total({ kept, missed }: SideCounts): number {
  return kept + missed;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function withoutPeriod(text: string): string {
  return text.replace(/\.$/, '');
}
