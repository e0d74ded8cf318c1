"use client";
import { type ReactNode, useState } from "react";
import styles from "@/features/workflows/inspector/Inspector.module.css";
import { useEditor } from "@/features/workflows/store";
import type { Running } from "@/features/workflows/useRunning";
import { useT } from "@/i18n";
import { href, Link } from "@/nav";
import { Button } from "@/ui/Button";
import { Field, Fields, TextArea } from "@/ui/Field";
import { Badge, type Tone } from "@/ui/Status";

const TONES: Readonly<Record<string, Tone>> = { running: "accent", waiting: "wait", completed: "ok", failed: "err" };

/** What the node did in the run that is shown. Its output can be changed, and what follows run again with it. */
export function LastRunTab({ id, running }: { id: string; running: Running }): ReactNode {
  const t = useT();
  const run = useEditor((state) => state.run);
  const live = run?.nodes[id];
  const writing = run?.writing[id];
  if (!run || (!live && !writing)) return <p className="muted">{t("workflows.neverRan")}</p>;
  return (
    <Fields>
      <p className={styles.facts}>
        {live && <Badge tone={TONES[live.standing]}>{t(`workflows.standing.${live.standing}`)}</Badge>}
        {live?.label && <span className="mono">→ {live.label}</span>}
        {live && live.times > 1 && <span>{t("workflows.times", { n: live.times })}</span>}
        <Link to={href("/runs", { id: run.id, at: live?.to ?? live?.from })}>{t("workflows.openRun")}</Link>
      </p>
      {live?.error && <p className={styles.problem}>{live.error}</p>}
      {writing && (
        <pre className={styles.value} tabIndex={0}>
          {writing}
        </pre>
      )}
      {live?.standing === "completed" && <Output key={`${run.id}.${live.to}`} id={id} output={live.output} running={running} />}
      {live && (
        <Button icon="retry" busy={running.starting} onClick={() => running.again(id)}>
          {t("workflows.runAgain")}
        </Button>
      )}
      <p className="muted">{t("workflows.runAgainHint", { version: run.version ?? "" })}</p>
    </Fields>
  );
}

interface OutputProps {
  id: string;
  output: unknown;
  running: Running;
}

function Output({ id, output, running }: OutputProps): ReactNode {
  const t = useT();
  const [text, setText] = useState(() => JSON.stringify(output, null, 2) ?? "null");
  const given = parsed(text);
  const changed = given.ok && JSON.stringify(given.value) !== JSON.stringify(output);
  return (
    <>
      <Field label={t("workflows.output")} hint={t("workflows.outputHint")} error={given.ok ? null : t("form.json")}>
        <TextArea className="mono" spellCheck={false} rows={Math.min(Math.max(text.split("\n").length, 3), 16)} value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
      <Button kind={changed ? "primary" : "plain"} icon="fork" disabled={!changed} busy={running.starting} onClick={() => given.ok && running.withOutput(id, given.value)}>
        {t("workflows.runWith")}
      </Button>
    </>
  );
}

function parsed(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false };
  }
}
