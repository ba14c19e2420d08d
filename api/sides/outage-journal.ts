import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../domain/domain-error';
import type { OutageAnswer } from '../../domain/sides/outage-answer';
import { FolderTaken, lockFolder } from '../../platform/folder-lock';

/** The journal of this process cannot be used, so it cannot start. */
export class JournalUnusable extends Error {
  constructor(what: string) {
    super(`The journal folder (HANDOFF_JOURNAL_DIR) cannot be used: ${what}`);
    this.name = 'JournalUnusable';
  }
}

/** An outage has lasted for so long that no more answers are kept. */
export class JournalFull extends DomainError {
  readonly code = 'journal-full';
  readonly status = 503;
  constructor() {
    super('Postgres has been out of reach for too many new patients, so nothing was decided for this one. Ask again.');
  }
}

/** The disk of the journal refuses what is written to it, so nobody new can be answered. */
export class JournalNotWritten extends DomainError {
  readonly code = 'journal-not-written';
  readonly status = 503;
  constructor(cause: unknown) {
    super(
      'Postgres is out of reach, and the journal that keeps answers meanwhile cannot be written, so nothing was decided. Keep the patient where they are and ask again.',
    );
    this.cause = cause;
  }
}

const SET_ASIDE = 'set-aside.ndjson';
/** Answers that are kept at most. Each is held in memory too, so that it stays the same for as long as the outage lasts. */
const MOST_ANSWERS = 200_000;

interface Owed {
  line: string;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * What was answered while Postgres was out of reach, on this machine's disk before it was answered: one answer a line of JSON. It belongs to
 * one process at a time, and whoever has it is, to the others, that process.
 */
export class OutageJournal {
  private readonly answers = new Map<string, OutageAnswer>();
  private owed: Owed[] = [];
  private writing: Promise<void> | undefined;

  private aside = 0;

  private constructor(
    /** Stays with the folder over restarts. */
    readonly id: string,
    private readonly folder: string,
    private readonly file: FileHandle,
    private readonly unlock: () => void,
  ) {}

  /** @throws JournalUnusable */
  static async open(folder: string): Promise<OutageJournal> {
    let unlock: () => void;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      unlock = lockFolder(folder, 'journal.lock');
    } catch (error) {
      if (error instanceof FolderTaken)
        throw new JournalUnusable(`process ${error.pid} uses it. Give each API process a folder of its own.`);
      throw new JournalUnusable('it cannot be made or written to. Check the path and its permissions.');
    }
    try {
      const file = await open(join(folder, 'answers.ndjson'), 'a+', 0o600);
      const journal = new OutageJournal(identityOf(folder), folder, file, unlock);
      for (const line of (await file.readFile('utf8')).split('\n')) journal.take(line);
      journal.aside = countLines(join(folder, SET_ASIDE));
      return journal;
    } catch {
      unlock();
      throw new JournalUnusable('its files cannot be read. Check the path and its permissions.');
    }
  }

  /** Answers that are not given back yet. */
  get size(): number {
    return this.answers.size;
  }

  find(migration: string, phase: string, unit: string): OutageAnswer | undefined {
    return this.answers.get(nameOf({ migration, phase, unit }));
  }

  /** Resolves when the answer is on disk; only then may it be given. @throws JournalFull, JournalNotWritten */
  async write(answer: OutageAnswer): Promise<void> {
    if (this.answers.size >= MOST_ANSWERS) throw new JournalFull();
    await new Promise<void>((resolve, reject) => {
      this.owed.push({ line: JSON.stringify(answer), resolve, reject });
      this.writing ??= this.writeOwed().finally(() => (this.writing = undefined));
    });
    this.answers.set(nameOf(answer), answer);
  }

  /** All of them, those under way included. */
  async all(): Promise<OutageAnswer[]> {
    await this.writing;
    return [...this.answers.values()];
  }

  /** Answers that are set aside in the folder. */
  get sizeAside(): number {
    return this.aside;
  }

  /** Keeps answers that Postgres never takes in a file of their own, for a person. Resolves when they are on disk; then `clear`. */
  async setAside(answers: readonly OutageAnswer[]): Promise<void> {
    const file = await open(join(this.folder, SET_ASIDE), 'a', 0o600);
    try {
      await file.appendFile(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
      await file.sync();
    } finally {
      await file.close();
    }
    this.aside += answers.length;
  }

  /** Forgets all answers. Call it when they are written down in Postgres. */
  async clear(): Promise<void> {
    await this.file.truncate(0);
    await this.file.sync();
    this.answers.clear();
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
    this.unlock();
  }

  /** While one batch is on its way to the disk, the next collects. */
  private async writeOwed(): Promise<void> {
    while (this.owed.length > 0) {
      const batch = this.owed;
      this.owed = [];
      try {
        // Each batch begins on a line of its own, whatever became of the one before.
        await this.file.appendFile(`\n${batch.map(({ line }) => line).join('\n')}\n`);
        await this.file.datasync();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        const refused = new JournalNotWritten(error);
        for (const { reject } of batch) reject(refused);
      }
    }
  }

  /** A line that is cut off was never answered: its process died before it was on disk. */
  private take(line: string): void {
    if (line === '') return;
    try {
      const answer = JSON.parse(line) as OutageAnswer;
      if (typeof answer.unit === 'string') this.answers.set(nameOf(answer), answer);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
}

function nameOf({ migration, phase, unit }: Pick<OutageAnswer, 'migration' | 'phase' | 'unit'>): string {
  return `${migration}/${phase}/${unit}`;
}

function countLines(path: string): number {
  try {
    return readFileSync(path, 'utf8').split('\n').length - 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return 0;
  }
}

function identityOf(folder: string): string {
  const path = join(folder, 'process-id');
  try {
    const id = readFileSync(path, 'utf8').trim();
    if (/^[0-9a-f-]{36}$/.test(id)) return id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const id = randomUUID();
  writeFileSync(path, `${id}\n`, { mode: 0o600 });
  return id;
}
