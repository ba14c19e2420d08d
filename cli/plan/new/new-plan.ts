import { JOURNEY_KINDS, LAYERS } from '../../../domain/plan/journey';
import { readPlanText } from '../../../domain/plan/plan-text';
import { movingKinds, type Answers } from './answers-schema';
import { flow } from './flow';
import { NotWritable } from './not-writable';
import { readTemplate, withoutPhases, type TemplateParts } from './template-parts';
import { limitWords, queueRuleWords, ruleWords, taskWords } from './template-words';

/** Stands in the plan for what is not decided; lint names each. No owner, rule, number or agreement is made up. */
export const OPEN = 'TBD';

/**
 * A first plan: the shipped template, what was answered, and a mark wherever only people can answer. It reads back as what was answered.
 *
 * @throws NotWritable where an answer cannot stand in a plan
 */
export function newPlan(answers: Answers, templateText: string): string {
  const [template, parts] = withoutPhases(readTemplate(templateText), movingKinds(answers));
  const plan = new NewPlan(answers, template);
  const without = [...parts, ...plan.without()];
  const sections = [
    HEAD,
    [
      'apiVersion: warm-handoff/v1',
      'extends: telehealth',
      ...(without.length === 0 ? [] : ['without:', ...without.map((part) => `  - ${part}`)]),
    ],
    [
      `migration: ${flow(answers.migration)}`,
      ...(answers.title === undefined ? [] : [`title: ${flow(answers.title)}`]),
    ],
    plan.leftOut(),
    plan.attributes(),
    plan.existing(),
    plan.owners(),
    plan.calendars(),
    plan.systems(),
    plan.stackMap(),
    plan.ownership(),
    plan.events(),
    plan.phases(),
    plan.queues(),
    plan.rules(),
    plan.coverage(),
    plan.runbook(),
  ];
  const text = `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
  if (readPlanText(text).problems.length > 0) throw new NotWritable();
  return text;
}

const HEAD = [
  '# yaml-language-server: $schema=./plan.schema.json',
  "# A first plan, made by 'handoff plan new'. It has what the template 'telehealth' has, and what was answered.",
  `# ${OPEN} marks what only you can decide: lint names each, and nothing starts before. Nothing was filled in for it.`,
];

/** The parts of a plan, each as its lines. */
class NewPlan {
  private readonly programs: string[];

  constructor(
    private readonly answers: Answers,
    private readonly template: TemplateParts,
  ) {
    this.programs = answers.programs ?? [OPEN];
  }

  /** What of the template does not fit what was answered. */
  without(): string[] {
    const { byHand, existing } = this.answers;
    return this.template.phases.flatMap(({ id, cohorts, waves }) => [
      ...(byHand?.length === 0 && cohorts.some((cohort) => cohort.id === 'controlled-by-hand')
        ? [`phases/${id}/cohorts/controlled-by-hand`]
        : []),
      ...(existing?.length === 0 && waves !== undefined ? [`phases/${id}/waves`] : []),
      ...(existing?.length === 0 && cohorts.some((cohort) => cohort.id === 'existing')
        ? [`phases/${id}/cohorts/existing`]
        : []),
    ]);
  }

  leftOut(): string[] {
    const moves = new Set(this.template.phases.map(({ kind }) => kind));
    const left = JOURNEY_KINDS.filter((kind) => !moves.has(kind));
    if (left.length === 0) return [];
    const reasons = left.map((kind) => `  ${kind}: ${flow(this.answers.phasesLeftOut?.[kind] ?? OPEN)}`);
    return ['# Parts of the journey that do not move, each with the reason.', 'phasesLeftOut:', ...reasons];
  }

  attributes(): string[] {
    const { states = [OPEN] } = this.answers;
    return [
      '# Your states and programs, as codes.',
      'attributes:',
      `  state: &states ${flow(states)}`,
      `  program: &programs ${flow(this.programs)}`,
    ];
  }

  existing(): string[] {
    const { existing } = this.answers;
    if (existing?.length === 0 || (this.waving === undefined && existing === undefined)) return [];
    const groups = existing ?? [{ id: OPEN, count: OPEN }];
    return [
      this.waving === undefined
        ? "# Who is a patient already, by group. No phase here has waves: they stay on legacy, by the cohorts 'existing' below."
        : '# Who is a patient already, by group: they move in waves.',
      'existing:',
      ...groups.map(({ id, count }) => `  - ${flow({ id, count })}`),
    ];
  }

  owners(): string[] {
    const teams = this.answers.teams ?? [{ id: OPEN }];
    return ['# The teams, by rota or role, never a person.', 'owners:', ...teams.map((team) => `  - ${flow(team)}`)];
  }

  calendars(): string[] {
    const { timeZone = OPEN, hours = {} } = this.answers;
    const calendar = (id: string, said: NonNullable<Answers['hours']>['release'], holidays: string): string[] => {
      const open = said ?? { days: [OPEN], from: OPEN, to: OPEN };
      return [
        `  - id: ${id}${holidays}`,
        `    timeZone: ${flow(timeZone)}`,
        `    open: [${flow({ id: 'open', ...open })}]`,
      ];
    };
    return [
      'calendars:',
      ...calendar('release-hours', hours.release, " # add 'closed': holidays, campaigns, the end of the month"),
      '  # The template promises business time by these two.',
      ...calendar('clinic-hours', hours.clinic, ''),
      ...calendar('office-days', hours.office, ''),
      '',
      '# When something may go on. Going back waits for no calendar.',
      'advance: { calendar: release-hours, rollback: always }',
    ];
  }

  systems(): string[] {
    const sides = new Map<string, Set<string>>();
    for (const layer of LAYERS) {
      for (const side of ['legacy', 'target'] as const) {
        const id = this.answers.layers?.[layer]?.[side];
        if (id !== undefined) sides.set(id, (sides.get(id) ?? new Set()).add(side));
      }
    }
    const systems = [...sides].map(([id, of]) => ({
      id,
      side: of.size > 1 ? 'shared' : [...of].join(''),
      source: this.answers.sources?.[id] ?? OPEN,
    }));
    const open = [OPEN, OPEN].map((id) => ({ id, side: OPEN, source: OPEN }));
    return [
      "# The systems of both stacks. 'source' is what each signs its events with.",
      'systems:',
      ...(systems.length < 2 ? [...systems, ...open] : systems).map((system) =>
        // No system's own word would be refused as a source: it is left out, so that lint asks for it.
        system.source === OPEN
          ? `  - ${flow({ id: system.id, side: system.side })} # ${OPEN}: source`
          : `  - ${flow(system)}`,
      ),
    ];
  }

  stackMap(): string[] {
    const rows = this.template.stackMap.flatMap(({ layer }) => {
      const known = LAYERS.find((one) => one === layer);
      const { legacy = OPEN, target = OPEN, team = OPEN } = (known && this.answers.layers?.[known]) ?? {};
      return [`  - layer: ${layer}`, `    dataOwner: ${flow({ legacy, target })}`, `    actionOwner: ${flow(team)}`];
    });
    return ['# Who owns the data of each layer, and who acts.', 'stackMap:', ...rows];
  }

  ownership(): string[] {
    const rows = this.template.ownership.flatMap(({ datum, handedOverBy, tails = [] }) => [
      `  - datum: ${datum}${handedOverBy === '' ? ' # no phase hands it over: the same owner on both sides' : ''}`,
      `    owner: ${flow({ legacy: OPEN, target: OPEN })}`,
      ...(handedOverBy === '' ? [`    sync: ${OPEN}`] : []),
      `    escalation: ${OPEN}`,
      ...(tails.length === 0 ? [] : ['    tails:']),
      ...tails.map(({ id }) => `      - ${flow({ id, writer: OPEN, owner: OPEN })}`),
    ]);
    return [
      '# Which one system owns each datum, before and after, and who decides where the two sides differ.',
      'ownership:',
      ...rows,
    ];
  }

  /** Fields of the template that carry states or programs. */
  events(): string[] {
    const rows = this.template.events.flatMap(({ type, data = {} }) => {
      const fields = Object.keys(data).flatMap((name) => {
        if (name === 'program') return ['program: { codes: *programs }'];
        return name === 'state' || name === 'licensedIn' ? [`${name}: { codes: *states }`] : [];
      });
      return fields.length === 0 ? [] : [`  - { type: ${type}, data: { ${fields.join(', ')} } }`];
    });
    return rows.length === 0 ? [] : ['# The fields that carry your states and programs.', 'events:', ...rows];
  }

  phases(): string[] {
    return [
      '# What the template leaves to you in each phase.',
      'phases:',
      ...this.template.phases.flatMap((phase) => this.phase(phase)),
    ];
  }

  private phase({
    id,
    kind,
    cohorts,
    probes = [],
    armedEffects = [],
    waves,
  }: TemplateParts['phases'][number]): string[] {
    const { volume, existing } = this.answers;
    const own = cohorts.flatMap((cohort) => this.cohort(cohort.id));
    const expected = volume?.[kind];
    return [
      `  - id: ${id}`,
      ...(expected === undefined
        ? ['    # volume: arrivals a day. With it lint says which gate cannot decide.']
        : [`    volume: ${expected}`]),
      ...(own.length === 0 ? [] : ['    cohorts:', ...own]),
      ...(probes.length === 0
        ? []
        : ['    probes:', ...probes.map((probe) => `      - ${flow({ id: probe.id, url: OPEN })}`)]),
      ...(armedEffects.length === 0 ? [] : ['    armedEffects: # what fires by itself, and from where']),
      ...armedEffects.map(({ effect }) => `      - ${flow({ effect, armedBy: { legacy: OPEN, target: OPEN } })}`),
      ...this.approvals(),
      ...(waves === undefined || existing?.length === 0 ? [] : this.waves()),
    ];
  }

  private cohort(id: string): string[] {
    const { byHand, pilot } = this.answers;
    if (id === 'controlled-by-hand' && byHand?.length !== 0) {
      return [`      - ${flow({ id, when: { program: byHand ?? [OPEN] } })}`];
    }
    // Where no phase has waves, nobody who is here already ever moves: the template's reason is not theirs.
    if (id === 'existing' && this.waving === undefined && this.answers.existing?.length !== 0) {
      return [`      - ${flow({ id, staysOnLegacy: OPEN })}`];
    }
    if (id !== 'pilot') return [];
    return [`      - ${flow({ id, when: { state: pilot?.states ?? [OPEN], program: pilot?.programs ?? [OPEN] } })}`];
  }

  private approvals(): string[] {
    const { approvals = {} } = this.answers;
    return [
      '    approvals: # who says yes, how many, and whether whoever starts it may',
      ...(['goNoGo', 'goOn', 'commit'] as const).map(
        (name) => `      ${name}: ${flow(approvals[name] ?? { roles: [OPEN] })}`,
      ),
    ];
  }

  private waves(): string[] {
    const groups = this.answers.existing ?? [{ id: OPEN, count: 0 }];
    return [
      '    waves: # how each group moves: so many in each wave, the first of them watched; or by hand',
      '      lists:',
      ...groups.map(({ id, ...group }) => {
        const byHand = 'byHand' in group ? group.byHand : undefined;
        return `        - ${flow(byHand === undefined ? { id, existing: id, sizes: [OPEN], watch: OPEN } : { id, existing: id, byHand })}`;
      }),
    ];
  }

  queues(): string[] {
    return [
      '# Who works on what goes wrong.',
      'queues:',
      ...this.template.queues.map(({ id }) => `  - ${flow({ id, owner: OPEN })}`),
    ];
  }

  rules(): string[] {
    const agreedBy = [OPEN];
    return [
      "# What is done without asking, as the template has it: beside each, what and when ('handoff plan lint --show-defaults' prints the whole once nothing is open). Write who agreed to it.",
      'rollbackRules:',
      ...this.template.rollbackRules.map(
        (rule) => `  - ${flow({ id: rule.id, agreedBy })} # ${ruleWords(rule, this.template.phases)}`,
      ),
      'declaredGates:',
      ...this.template.declaredGates.map((gate) => {
        const team = gate.limit.kind === 'capacity' && { limit: { team: OPEN } };
        return `  - ${flow({ id: gate.id, ...team, agreedBy })} # ${limitWords(gate)}`;
      }),
      'queueRules:',
      ...this.template.queueRules.map((rule) => `  - ${flow({ id: rule.id, agreedBy })} # ${queueRuleWords(rule)}`),
    ];
  }

  /** Where patients are assigned to providers. Which of them may treat a patient goes by the patient's state. */
  coverage(): string[] {
    const rows = this.template.phases.filter(({ kind }) => kind === 'providerRouting');
    if (rows.length === 0) return [];
    return [
      "# Who must be ready before patients are assigned to them: 'ready' says what makes one count, such as a licence; 'minimum' how many, in each state.",
      'coverage:',
      ...rows.map(
        ({ id }) =>
          `  - ${flow({ id: 'prescribers', phase: id, ready: OPEN, minimum: OPEN, each: ['state'], owner: OPEN })}`,
      ),
    ];
  }

  runbook(): string[] {
    return [
      '# What people do, by whom.',
      'runbook:',
      ...this.template.runbook.map((task) => `  - ${flow({ id: task.id, owner: OPEN })} # ${taskWords(task)}`),
    ];
  }

  private get waving(): TemplateParts['phases'][number] | undefined {
    return this.template.phases.find(({ waves }) => waves !== undefined);
  }
}
