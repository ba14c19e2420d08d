import * as tape from 'micromatch';

export const undeclared: unknown = tape;
