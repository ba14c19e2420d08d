/** The two stacks. Never 'new': it reads as 'new patient'. */
export const SIDES = ['legacy', 'target'] as const;
export type Side = (typeof SIDES)[number];
