// Values by name, as a form edits them: the order stays. Pure.

type Entries = Readonly<Record<string, unknown>>;

/** The values with another entry at a place, or with none there for null. */
export function withEntry(values: Entries, at: number, entry: [string, unknown] | null): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).flatMap((each, place) => (place === at ? (entry ? [entry] : []) : [each])));
}

/** `stem1`, or the next that is no name yet. */
export function freshName(values: Entries, stem: string): string {
  let number = 1;
  while (`${stem}${number}` in values) number += 1;
  return `${stem}${number}`;
}

/** What a text says as JSON; the text itself while it says nothing. */
export function asData(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
