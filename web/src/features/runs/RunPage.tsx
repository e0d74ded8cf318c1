"use client";
import { type ReactNode, useMemo } from "react";
import { statesOf, spansOf } from "@/features/runs/model/journal";
import { Comparison } from "@/features/runs/Comparison";
import { RunActions } from "@/features/runs/RunActions";
import { RunQuestions } from "@/features/runs/RunQuestions";
import styles from "@/features/runs/Runs.module.css";
import { titleOf, usageOf } from "@/features/runs/RunsList";
import { Scrubber } from "@/features/runs/Scrubber";
import { Timeline } from "@/features/runs/Timeline";
import { useJournal, useRun } from "@/features/runs/useRun";
import { useT } from "@/i18n";
import { Link, useParams } from "@/nav";
import { Page, Problem, Section } from "@/ui/Page";
import { RunStatus } from "@/ui/Status";
import { useTimes } from "@/ui/time";

/** One run: where it stands, what took how long, and its state after every event. */
export function RunPage({ id }: { id: string }): ReactNode {
  const t = useT();
  const times = useTimes();
  const { get, set } = useParams();
  const run = useRun(id);
  const journal = useJournal(id, run.data?.seq);
  const events = journal.data;
  const states = useMemo(() => statesOf(events ?? []), [events]);
  const spans = useMemo(() => spansOf(events ?? []), [events]);
  const last = events?.length ?? 0;
  const asked = Number(get("at") ?? last);
  const at = Math.min(Math.max(Number.isFinite(asked) ? asked : last, 0), last);
  const title = run.data ? titleOf(run.data) : t("runs.run");
  return (
    <Page
      title={title}
      busy={run.isPending || journal.isPending}
      actions={run.data && <RunActions run={run.data} at={at} />}
    >
      <p className={styles.facts}>
        <Link to="/runs" className={styles.back}>
          {t("runs.all")}
        </Link>
        {run.data && (
          <>
            <RunStatus status={run.data.status} />
            <span>{run.data.kind}</span>
            <span className="muted">{times.exact(run.data.created_at)}</span>
            <span>{times.duration(Date.parse(run.data.updated_at) - Date.parse(run.data.created_at))}</span>
            <span>{usageOf(run.data)}</span>
          </>
        )}
      </p>
      {run.error && <Problem error={run.error} />}
      {run.data?.error && <Problem error={new Error(String(run.data.error.message ?? ""))} />}
      {run.data && <RunQuestions runId={id} status={run.data.status} />}
      {events && (
        <>
          <Section title={t("runs.timeline")}>
            <Timeline spans={spans} at={at} onSelect={(seq) => set({ at: seq })} />
          </Section>
          <Section title={t("runs.states")}>
            <Scrubber events={events} states={states} at={at} onMove={(seq) => set({ at: seq === last ? null : seq })} />
          </Section>
          {get("with") && <Comparison run={run.data} other={get("with") ?? ""} />}
        </>
      )}
    </Page>
  );
}
