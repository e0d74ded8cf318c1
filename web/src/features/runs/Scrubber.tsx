"use client";
import { type ReactNode, useEffect, useState } from "react";
import { type Change, changes } from "@/features/runs/model/difference";
import type { JournalEvent, RunState } from "@/features/runs/model/journal";
import styles from "@/features/runs/Runs.module.css";
import { useT } from "@/i18n";
import { IconButton } from "@/ui/Button";
import { useTimes } from "@/ui/time";

interface Props {
  events: readonly JournalEvent[];
  states: readonly RunState[];
  at: number;
  onMove: (seq: number) => void;
}

/** Goes through the run event by event: what happened, what it changed, and the state then. */
export function Scrubber({ events, states, at: told, onMove: tell }: Props): ReactNode {
  const t = useT();
  // The address follows a moment later; whoever presses keys quickly does not wait for it.
  const [at, setAt] = useState(told);
  useEffect(() => setAt(told), [told]);
  const onMove = (seq: number): void => {
    setAt(seq);
    tell(seq);
  };
  const times = useTimes();
  const event = events[at - 1];
  const state = states[at];
  const changed = at > 0 ? changes(states[at - 1], state) : [];
  return (
    <div className={styles.scrub}>
      <div className={styles.slider}>
        <IconButton icon="back" label={t("runs.earlier")} disabled={at === 0} onClick={() => onMove(at - 1)} />
        <input
          type="range"
          min={0}
          max={events.length}
          value={at}
          aria-label={t("runs.event")}
          aria-valuetext={event ? `${event.seq}: ${event.type}` : t("runs.beginning")}
          onChange={(moved) => onMove(Number(moved.target.value))}
        />
        <IconButton icon="arrow" label={t("runs.later")} disabled={at === events.length} onClick={() => onMove(at + 1)} />
        <span className="mono">
          {at} / {events.length}
        </span>
      </div>
      <div className={styles.two}>
        <div>
          <h3>{event ? `${event.seq} · ${event.type}` : t("runs.beginning")}</h3>
          {event && <p className="muted">{times.exact(event.at)}</p>}
          {event && <Json value={event.data} label={t("runs.data")} />}
        </div>
        <div>
          <h3>{t("runs.changed")}</h3>
          <Changes changed={changed} />
          <h3>{t("runs.state")}</h3>
          <Json value={state} label={t("runs.state")} />
        </div>
      </div>
    </div>
  );
}

/** Differences, each with what was and what is. */
export function Changes({ changed }: { changed: readonly Change[] }): ReactNode {
  const t = useT();
  if (changed.length === 0) return <p className="muted">{t("runs.unchanged")}</p>;
  return (
    <ul className={styles.changes}>
      {changed.map((change) => (
        <li key={change.path} className={styles.change}>
          <span className="mono">{change.path}</span>
          {change.before !== undefined && <del className={styles.before} tabIndex={0}>{shown(change.before)}</del>}
          {change.after !== undefined && <ins className={styles.after} tabIndex={0}>{shown(change.after)}</ins>}
        </li>
      ))}
    </ul>
  );
}

/** A value as JSON, to read. */
function Json({ value, label }: { value: unknown; label: string }): ReactNode {
  return (
    <pre className={styles.json} tabIndex={0} aria-label={label} role="region">
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
