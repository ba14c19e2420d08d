import type { Status } from '../phase/transition';

export const isHeld = (status: Status): boolean => status === 'held';
