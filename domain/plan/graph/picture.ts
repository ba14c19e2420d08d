/** Who or what a node stands for. Each tone has a colour and a shape of its own, and its word stands in the node: no meaning is in the colour alone. */
export const TONES = [
  ...(['legacy', 'target', 'shared', 'event', 'handoff', 'bridge'] as const),
  ...(['step', 'people', 'gate', 'rule', 'watched', 'byHand', 'note'] as const),
] as const;
export type Tone = (typeof TONES)[number];

export interface PictureNode {
  id: string;
  tone: Tone;
  /** The first is its name, the others say more. Never empty. */
  lines: readonly string[];
}

/** Nodes that belong together, in a frame. */
export interface PictureGroup {
  id: string;
  lines: readonly string[];
  nodes: readonly PictureNode[];
}

/**
 * `plain`: along the way. `bridge`: over to the other side. `bridgeBack`: the same from `to` to `from`, against the direction of the picture. `link`: belongs together, no
 * direction. `back`: the way back.
 */
export type EdgeKind = 'plain' | 'bridge' | 'bridgeBack' | 'link' | 'back';

export interface PictureEdge {
  from: string;
  to: string;
  kind: EdgeKind;
  lines: readonly string[];
}

/** A picture as nodes and edges, before anybody draws it. The same plan gives the same picture. */
export interface Picture {
  /** Unique among the plan's pictures, such as `journey-payment`. */
  id: string;
  title: string;
  /** What it shows, and how to read it: for whoever cannot see it. */
  description: string;
  direction: 'right' | 'down';
  /** Whether groups that no edge joins still stand in common columns. */
  columns: boolean;
  groups: readonly PictureGroup[];
  edges: readonly PictureEdge[];
}
