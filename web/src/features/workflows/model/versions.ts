// Versions as people think of them: what was saved in one go of work is one, its single steps are below it. Pure.

interface Step {
  version: number;
  published: boolean;
  created_by: string;
  created_at: string;
}

const TOGETHER_MS = 5 * 60_000;

/** Versions, newest first, in groups: each begins with its newest, and a published one always begins a group. */
export function grouped<V extends Step>(versions: readonly V[]): [V, ...V[]][] {
  const groups: [V, ...V[]][] = [];
  for (const version of versions) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const near = last && Date.parse(last.created_at) - Date.parse(version.created_at) < TOGETHER_MS && last.created_by === version.created_by;
    if (group && near && !version.published) group.push(version);
    else groups.push([version]);
  }
  return groups;
}
