// Shapes of what the operations of this folder answer, by the published schema.

/** One item of `statusChanged`. */
export interface StatusChange {
  /** Where to go on from: the `after` of the next subscription. */
  cursor: string;
  /** RFC 3339, UTC. */
  occurredAt: string;
  /** What changed; null if it is there no more, and with a gap. */
  subject: { __typename: string; id: string } | null;
  from: string | null;
  /** Null when something else than the state changed, and with a gap. */
  to: string | null;
  comment: string | null;
  /** Set when the server no longer keeps what came after the cursor it was given: fetch the lists anew. */
  gap: { missed: number } | null;
}

export interface SickLeave {
  id: string;
  /** 12 digits. */
  number: string;
  state: string;
}

export interface SickLeaves {
  viewer: {
    /** The position of the feed from which on changes are not yet in this answer. */
    feedCursor: string;
    sickLeaves: { nodes: SickLeave[] };
  };
}
