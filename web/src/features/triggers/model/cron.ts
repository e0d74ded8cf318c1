// What a cron expression means, where that can be said in a few words; the server knows every other one.
export type CronShape =
  | { kind: "minutes"; every: number }
  | { kind: "hours"; every: number; minute: number }
  | { kind: "day"; time: string }
  | { kind: "week"; time: string; days: readonly number[] }
  | { kind: "month"; time: string; day: number };

const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** The shape of an expression; null for one that takes more words than it has signs. */
export function cronShape(cron: string): CronShape | null {
  const fields = cron.trim().toUpperCase().split(/\s+/);
  const [minutes, hours, day, month, weekday] = fields;
  if (fields.length !== 5 || !minutes || !hours || !day || !weekday || month !== "*") return null;
  const anyDay = day === "*" && weekday === "*";
  const minute = number(minutes, 0, 59);
  const hour = number(hours, 0, 23);
  if (anyDay && hours === "*" && minute === null) {
    const every = step(minutes, 60);
    return every === null ? null : { kind: "minutes", every };
  }
  if (minute === null) return null;
  if (anyDay && hour === null) {
    const every = step(hours, 24);
    return every === null ? null : { kind: "hours", every, minute };
  }
  if (hour === null) return null;
  const time = `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  if (anyDay) return { kind: "day", time };
  if (day === "*") {
    const days = weekdays(weekday);
    return days === null ? null : { kind: "week", time, days };
  }
  const of = number(day, 1, 31);
  return weekday === "*" && of !== null ? { kind: "month", time, day: of } : null;
}

function number(field: string, low: number, high: number): number | null {
  if (!/^\d{1,2}$/.test(field)) return null;
  const value = Number(field);
  return value >= low && value <= high ? value : null;
}

/** `*` and those steps after which it begins anew at the same place. */
function step(field: string, of: number): number | null {
  if (field === "*") return 1;
  const size = /^\*\/(\d{1,2})$/.exec(field)?.[1];
  const value = Number(size ?? 0);
  return value > 0 && of % value === 0 ? value : null;
}

function weekdays(field: string): readonly number[] | null {
  const found = new Set<number>();
  for (const part of field.split(",")) {
    const [from, to = from, ...more] = part.split("-");
    const first = weekday(from);
    const last = weekday(to);
    if (first === null || last === null || more.length > 0 || last < first) return null;
    for (let each = first; each <= last; each += 1) found.add(each % 7);
  }
  return [...found].sort((one, other) => ((one + 6) % 7) - ((other + 6) % 7));
}

function weekday(text: string | undefined): number | null {
  if (text === undefined) return null;
  const named = DAYS.indexOf(text);
  return named >= 0 ? named : number(text, 0, 7);
}
