const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED"]);

/** Whether a run of that status goes no further. */
export function hasEnded(status: string): boolean {
  return ENDED.has(status);
}
